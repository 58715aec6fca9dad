"""Tests that need another kernel than this machine's: a small virtual machine, made of this machine's own files."""
