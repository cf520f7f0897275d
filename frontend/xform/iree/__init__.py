"""Modules for IREE's runtime around machine code that is made here."""
