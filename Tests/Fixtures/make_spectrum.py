"""Writes Tests/AggregationTests/Fixtures/spectrum.json: principal directions by numpy, for SketchSpectrum.

Usage, with numpy installed:  python Tests/Fixtures/make_spectrum.py
Each case has rows and weights that are exact in single precision, the top eigenvector of the weighted
covariance, every row's projection on it, and the part of the variance along it, from numpy's symmetric
eigensolver in double precision. Made with numpy 2.4.6.
"""

import json
import pathlib

import numpy

SEED = 20_240_701
random = numpy.random.default_rng(SEED)


def exact(values, bits=12):
    """Multiples of a power of two, so that text of a few digits says them exactly."""
    return numpy.round(values * 2**bits) / 2**bits


def case(name, rows, weights):
    shares = weights / weights.sum()
    mean = shares @ rows
    centred = rows - mean
    covariance = (centred * shares[:, None]).T @ centred
    values, vectors = numpy.linalg.eigh(covariance)
    direction = vectors[:, -1]
    projections = centred @ direction
    if projections[numpy.abs(projections).argmax()] < 0:
        direction, projections = -direction, -projections
    return {
        "name": name, "count": rows.shape[0], "buckets": rows.shape[1],
        "sketches": exact(rows).ravel().tolist(), "weights": weights.tolist(),
        "direction": numpy.round(direction, 9).tolist(),
        "projections": numpy.round(projections, 9).tolist(),
        "varianceShare": round(float(values[-1] / values.sum()), 9),
    }


def pulled(count, buckets, colluders, pull):
    """Noise, in which some rows are pulled along one direction."""
    rows = random.normal(size=(count, buckets)) / numpy.sqrt(buckets)
    direction = random.normal(size=buckets)
    rows[:colluders] += pull * direction / numpy.linalg.norm(direction)
    return exact(rows)


cases = [
    case("fewer rows than buckets", pulled(20, 48, 5, 3.0), numpy.ones(20)),
    case("more rows than buckets", pulled(60, 16, 10, 3.0), numpy.ones(60)),
    case("weighted", pulled(30, 24, 6, 4.0), exact(random.uniform(0.25, 4.0, size=30), 6)),
    case("some weights are zero", pulled(24, 24, 4, 5.0), numpy.arange(24) % 3 * 1.0),
    case("far from the origin", exact(pulled(18, 12, 3, 4.0) + 30.0, 10), numpy.ones(18)),
    case("two rows", pulled(2, 6, 1, 1.0), numpy.array([1.0, 3.0])),
]
path = pathlib.Path(__file__).parents[1] / "AggregationTests/Fixtures/spectrum.json"
path.parent.mkdir(exist_ok=True)
path.write_text(json.dumps({"cases": cases}) + "\n")
