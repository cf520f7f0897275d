"""All functions of linear algebra, at all kinds of matrices."""
