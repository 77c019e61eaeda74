"""What the product costs and saves beside plain MirrorMaker 2, measured (`make bench`)."""
