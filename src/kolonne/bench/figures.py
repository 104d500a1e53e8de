"""Arithmetic of measurements."""


def percentiles(values: list[float]) -> dict[str, float]:
    """p50, p90, p99 and the maximum; empty if nothing was measured."""
    if not values:
        return {}
    ordered = sorted(values)
    found = {
        f"p{percent}": ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] for percent in (50, 90, 95, 99)
    }
    return {name: round(value, 1) for name, value in (found | {"max": ordered[-1]}).items()}


def goal(reached: float, wanted: float, *, smaller_is_better: bool = False) -> dict[str, float | bool]:
    """A figure beside what the design asks for."""
    met = reached <= wanted if smaller_is_better else reached >= wanted
    return {"reached": round(reached, 3), "goal": wanted, "met": met}
