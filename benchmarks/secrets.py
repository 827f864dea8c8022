"""``python -m benchmarks.secrets``: how many credentials in job text are shown, and how many innocent texts are spoilt.

Measured on ``tests/data/secret_table``. The forms were tuned on one half of it. ``--failures`` prints what went wrong
in that half; of the other half, only figures are ever printed. ``make secrets`` runs this.
"""

import argparse

from tests.helpers.secret_table import Row, innocent_rows, rates, secret_rows


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser("benchmarks.secrets", description=__doc__)
    parser.add_argument("--failures", action="store_true", help="print what went wrong in the half for tuning")
    arguments = parser.parse_args()
    _print_table("shown", "secrets", {half: rates(secret_rows(held_out=half), _is_shown) for half in (False, True)})
    _print_table(
        "spoilt", "innocent", {half: rates(innocent_rows(held_out=half), _is_spoilt) for half in (False, True)}
    )
    if arguments.failures:
        for row in secret_rows(held_out=False):
            if row.is_shown:
                print(f"shown ({row.kind}): {row.text!r}")
        for row in innocent_rows(held_out=False):
            if row.is_spoilt:
                print(f"spoilt ({row.kind}): {row.text!r}")


def _is_shown(row: Row) -> bool:
    return row.is_shown


def _is_spoilt(row: Row) -> bool:
    return row.is_spoilt


def _print_table(wrong: str, what: str, halves: dict[bool, dict[str, tuple[int, int]]]) -> None:
    print(f"| {what} texts | {wrong}, half for tuning | {wrong}, other half |\n|---|---|---|")
    for kind in halves[True]:
        cells = [
            f"{bad} of {total} ({100 * bad / total:.1f} %)" for bad, total in (half[kind] for half in halves.values())
        ]
        print(f"| {kind} | {' | '.join(cells)} |")
    print()


if __name__ == "__main__":
    main()
