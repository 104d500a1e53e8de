"""Measures the platform beside the limits of the machine it runs on, in the same run, so that ratios can be compared.

Every measurement starts engines of its own in a temporary directory and leaves nothing behind.
"""
