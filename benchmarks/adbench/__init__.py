"""The objectives of ADBench, written once in NumPy's names and run by xform and by JAX.

Srajer, Kukelova, Fitzgibbon, A Benchmark of Selected Algorithmic Differentiation Tools on Some
Problems in Computer Vision and Machine Learning (2018); github.com/microsoft/ADBench has the data.

Each objective's first argument is the `Library` whose names it uses.
"""
