"""Graphics processors, with a fake of NVIDIA's library and of its device files; one file runs on real ones."""
