"""What a compiler made of a function, for people: its stages, dataflow, loops, memory and costs."""
