"""One module for each target: `ready()` is a context manager that gives the function which takes one input.

Nothing here imports atheris, so that the test suite can replay the corpus through the same functions.
"""
