import java.io.ByteArrayInputStream;
import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.security.ProtectionDomain;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import javassist.ClassPool;
import javassist.CtClass;
import javassist.LoaderClassPath;

/**
 * The planted fault of `make demo FAULT=drop`: a mirror that loses one record in 50,000 and says
 * nothing. Connect sees a running task, no error and no lag; only a comparison of content can tell.
 *
 * A Java agent, so that Connect's configuration stays exactly as the operator writes it: it appends
 * a call of {@link #lose} to MirrorSourceTask.poll(). It must never be in any image but the faulty one.
 */
public final class DropRecord implements ClassFileTransformer {
    private static final String VICTIM = "org/apache/kafka/connect/mirror/MirrorSourceTask";
    private static final long ONE_IN = 50_000;
    private static final AtomicLong SEEN = new AtomicLong();

    private DropRecord() {}

    /** Called by the JVM before Connect's main. */
    public static void premain(String arguments, Instrumentation instrumentation) {
        instrumentation.addTransformer(new DropRecord());
    }

    /** Called from the changed poll(): the same records without each 50,000th. */
    public static List<Object> lose(List<Object> polled) {
        if (polled == null) {
            return null;
        }
        List<Object> kept = new ArrayList<>(polled.size());
        for (Object record : polled) {
            if (SEEN.incrementAndGet() % ONE_IN != 0) {
                kept.add(record);
            }
        }
        return kept.isEmpty() ? null : kept;
    }

    @Override
    public byte[] transform(
            ClassLoader loader, String name, Class<?> redefined, ProtectionDomain domain, byte[] code) {
        if (!VICTIM.equals(name)) {
            return null;
        }
        try {
            ClassPool pool = new ClassPool(true);
            pool.appendClassPath(new LoaderClassPath(loader));
            CtClass task = pool.makeClass(new ByteArrayInputStream(code));
            task.getDeclaredMethod("poll").insertAfter("$_ = DropRecord.lose($_);");
            return task.toBytecode();
        } catch (Exception error) {
            // A fault that does not happen would make the demo's refusal meaningless: stop here.
            error.printStackTrace();
            Runtime.getRuntime().halt(70);
            return null;
        }
    }
}
