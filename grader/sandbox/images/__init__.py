"""Images with a framework and the guest in them: what a container may run in, in place of this machine's own Python."""
