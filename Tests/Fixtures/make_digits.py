"""Writes Sources/CDigits/digits.bin from scikit-learn's copy of the UCI optical digits.

Usage, with scikit-learn installed:  python Tests/Fixtures/make_digits.py
The format is in Sources/CDigits/README.md.
"""

import pathlib
import struct

import numpy
from sklearn.datasets import load_digits

digits = load_digits()
pixels = digits.data.astype(numpy.uint8)
labels = digits.target.astype(numpy.uint8)
assert pixels.shape == (1797, 64) and (pixels == digits.data).all() and pixels.max() == 16

target = pathlib.Path(__file__).resolve().parents[2] / "Sources" / "CDigits" / "digits.bin"
header = b"DIGITS01" + struct.pack("<II", *pixels.shape)
target.write_bytes(header + pixels.tobytes() + labels.tobytes())
