# SPDX-License-Identifier: GPL-2.0
"""Measurements into tables and charts: medians, and ratios of one round's values.

A ratio is taken within one round, where both sides met the same machine; of the rounds' ratios
the median is shown, and their spread.
"""

import collections
import statistics

XFRM = ('xfrm', 'xfrm-offload', 'xfrmi')
ORDER = ('plain', *XFRM, 'wireguard', 'keyway', 'keyway-policy')
# Metrics of which less is better.
COSTS = ('cost', 'median round trip', '99th percentile', 'cycles', 'instructions',
         'busiest processor')


class Table:
    """All values of one case on one bed and kernel: value[metric][contender][round]."""

    def __init__(self):
        self.value = collections.defaultdict(lambda: collections.defaultdict(dict))
        self.unit = {}

    def add(self, row):
        self.value[row['metric']][row['contender']][row['round']] = row['value']
        self.unit[row['metric']] = row['unit']

    def median(self, metric, contender):
        return statistics.median(self.value[metric][contender].values())

    def any(self, metric):
        return any(v for rounds in self.value[metric].values() for v in rounds.values())

    def ratios(self, metric, a, b):
        """Of a to b, a round each; more is better for a."""
        va, vb = self.value[metric][a], self.value[metric][b]
        rounds = [r for r in va if r in vb and va[r] and vb[r]]
        return [vb[r] / va[r] if metric in COSTS else va[r] / vb[r] for r in rounds]

    def above_plain(self, contender):
        """Cost of a packet above routing alone, each round."""
        cost = self.value['cost']
        return {r: v - cost['plain'][r] for r, v in cost[contender].items() if r in cost['plain']}

    def best_xfrm(self, metric):
        there = [c for c in XFRM if self.value[metric].get(c)]
        pick = min if metric in COSTS else max
        return pick(there, key=lambda c: self.median(metric, c), default=None)


def tables(rows):
    """By (bed, kernel, case), in the order of the measurements."""
    found = {}
    for row in rows:
        found.setdefault((row['bed'], row['kernel'], row['case']), Table()).add(row)
    return found


def ratio_text(ratios):
    if not ratios:
        return ''
    return f'{statistics.median(ratios):5.2f} ({min(ratios):.2f}-{max(ratios):.2f})'


def print_metric(table, metric):
    xfrm = table.best_xfrm(metric)
    print(f'  {metric + ", " + table.unit[metric]:42} {"median":>12}  {"to " + (xfrm or "XFRM"):19}'
          f'  {"to wireguard":19}')
    for c in ORDER:
        if not table.value[metric].get(c):
            continue
        cells = [ratio_text(table.ratios(metric, c, x)) if x and x != c else ''
                 for x in (xfrm, 'wireguard')]
        print(f'    {c:40} {table.median(metric, c):12.5g}  {cells[0]:19}  {cells[1]:19}'.rstrip())


def print_above_plain(table):
    if 'plain' not in table.value['cost']:
        return
    print('  cost above plain routing')
    for c in ORDER[1:]:
        above = table.above_plain(c) if table.value['cost'].get(c) else {}
        if above:
            print(f'    {c:40} {statistics.median(above.values()):12.5g}')


def show(rows):
    for (bed, kernel, case), table in tables(rows).items():
        print(f'\n{case}: {bed}, {kernel}')
        for metric in table.value:
            # Nothing lost is nothing to show.
            if metric != 'cost' and table.any(metric):
                print_metric(table, metric)
        if 'cost' in table.value:
            print_metric(table, 'cost')
            print_above_plain(table)


def charts(rows, directory):
    """One SVG a bed and kernel: each case's rate, in bars relative to the best form of XFRM."""
    import matplotlib
    matplotlib.use('svg')
    import matplotlib.pyplot as plt
    by_bed = collections.defaultdict(dict)
    for (bed, kernel, case), table in tables(rows).items():
        if table.value.get('rate') and table.best_xfrm('rate'):
            by_bed[bed, kernel][case] = table
    for (bed, kernel), cases in by_bed.items():
        shown = [c for c in ORDER[1:] if any(t.value['rate'].get(c) for t in cases.values())]
        figure, axes = plt.subplots(figsize=(9, 0.6 + 0.17 * len(cases) * (len(shown) + 1)))
        for i, c in enumerate(shown):
            at = [n * (len(shown) + 1) + i for n, t in enumerate(cases.values())
                  if t.value['rate'].get(c)]
            ratios = [statistics.median(t.ratios('rate', c, t.best_xfrm('rate')))
                      for t in cases.values() if t.value['rate'].get(c)]
            axes.barh(at, ratios, height=0.9, label=c)
        axes.set_yticks([n * (len(shown) + 1) + (len(shown) - 1) / 2 for n in range(len(cases))],
                        list(cases))
        axes.invert_yaxis()
        axes.axvline(1, color='black', linewidth=0.6)
        axes.set_xlabel(f'rate relative to the best form of XFRM ({bed}, Linux {kernel})')
        axes.legend(fontsize='small')
        figure.tight_layout()
        figure.savefig(f'{directory}/bench-{bed}-{kernel.split("-")[0]}.svg')
        plt.close(figure)
