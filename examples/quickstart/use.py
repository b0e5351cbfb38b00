"""Measures a verified model: python use.py model.safetensors data/test.csv.gz"""

import sys

from safetensors.torch import load_file

import train

model = train.make_model()
model.load_state_dict(load_file(sys.argv[1]))
print(f"accuracy {train.accuracy(model, train.load(sys.argv[2])):.3f}")
