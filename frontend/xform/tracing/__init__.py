"""What calls of NumPy-style functions become: operations of a module, built as they run."""
