"""IREE's compiler, and modules for its runtime around machine code that is made here."""
