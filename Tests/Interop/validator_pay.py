"""What validators are paid, from the log alone: by stake, by agreement with the consensus, and by insight, which is how much
a validator's rows tell that the log did not tell before."""

from networks import Window

WHOLE = 65_535
TOLERANCE = WHOLE * 3 // 16
ADVANCE, MEMORY = 2 * WHOLE**2, 16 * WHOLE**2


def error(score: int, consensus: int) -> int:
    return max(0, abs(score - consensus) - TOLERANCE) ** 2


def score(cell) -> int:
    return cell[1] if cell[0] == 0 else 0


def agreement(row, consensus) -> int:
    parts = (
        0 if (cell[0] == 0) != (other[0] == 0) else WHOLE - (abs(cell[1] - other[1]) if cell[0] == 0 else 0)
        for cell, other in zip(row, consensus, strict=True))
    return sum(parts) // len(consensus) if consensus else 0


def split(units: int, weights: list[int]) -> list[int]:
    """Largest remainder; equal ones go to the earlier recipient."""
    whole = sum(weights)
    if whole == 0:
        return [0] * len(weights)
    parts = [units * weight // whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda index: (-(units * weights[index] % whole), index))
    for index in order[: units - sum(parts)]:
        parts[index] += 1
    return parts


class Pay:
    """Follows a task's final windows in their order."""

    def __init__(self):
        # By contributor: the last score, and an average in 65,536ths of a score's unit.
        self.expectations = {}
        # By validator: what it told, of which news.
        self.insights = {}

    def news(self, window: Window) -> list[int]:
        found = []
        for (_, contributor, _), cell in zip(window.updates, window.consensus, strict=True):
            last, usual = self.expectations.get(contributor, (WHOLE, WHOLE << 16))
            found.append(min(error(last, score(cell)), error(usual >> 16, score(cell))))
        return found

    def note_rows(self, window: Window, news: list[int]):
        for key in window.row_commitments.keys() & window.rows.keys():
            missed = 0
            for cell, other, part in zip(window.rows[key], window.consensus, news, strict=True):
                off = error(score(cell), score(other))
                missed += min(off, part) + max(0, off - part) // 2
            told, whole = self.insights.get(key, (ADVANCE, ADVANCE))
            told, whole = max(0, told + max(-sum(news), sum(news) - missed)), whole + sum(news)
            if whole > MEMORY:
                told, whole = told * MEMORY // whole, MEMORY
            self.insights[key] = told, whole

    def share(self, key: bytes) -> int:
        told, whole = self.insights.get(key, (ADVANCE, ADVANCE))
        return min(WHOLE, max(WHOLE // 8, told * 2 * WHOLE // whole))

    def weights(self, window: Window) -> dict:
        """How the units that a version's validators have are split, in the order in which ties are broken."""
        news = self.news(window)
        self.note_rows(window, news)
        for (_, contributor, _), cell in zip(window.updates, window.consensus, strict=True):
            _, usual = self.expectations.get(contributor, (WHOLE, WHOLE << 16))
            self.expectations[contributor] = score(cell), (7 * usual + (score(cell) << 16)) // 8
        found = {}
        for key in window.attesters:
            is_bound = key in window.row_commitments and key in window.rows
            agreed = agreement(window.rows[key], window.consensus) if is_bound else 0
            if window.judges.weight(key) == 0:
                agreed = WHOLE // 2
            found[key] = window.validators.stakes[key] * agreed * self.share(key)
        return found
