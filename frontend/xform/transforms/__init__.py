"""The transforms, a module for each, and what they share."""
