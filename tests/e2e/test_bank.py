"""A read-process-write workload, exactly once: there, back and there again, and the sum is 0."""

from __future__ import annotations

from tests.e2e.banking import RATE, WAVE, open_bank
from tests.e2e.ground import Ground


def test_a_bank_moves_comes_back_and_moves_again_and_no_transfer_is_lost_or_posted_twice(
    ground: Ground,
) -> None:
    """Each time mid-stream: every acknowledged transfer is posted once, both sides are equal."""
    moves, bank = open_bank(ground)
    for wave, unit in enumerate((bank.writer, bank.reader), WAVE):
        moves.release(wave)
        bank.arrive(unit)
    bank.wait_posted("target")

    for unit in (bank.reader, bank.writer):
        bank.come_back(unit)
    bank.wait_posted("source")

    for unit in (bank.writer, bank.reader):
        unit.change(desiredCluster="ByWave", attempt=2)
        bank.arrive(unit)
    bank.wait_posted("target")

    findings, acknowledged = bank.balanced()
    print(f"{acknowledged} transfers acknowledged: {findings.verdict}")
    assert findings.verdict == "ok", findings.examples
    assert acknowledged > 12 * RATE
