"""A random forest as arrays, walked by all rows and all trees at once."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from starling.models.coherence import Floats

Places = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Forest:
    """The nodes of all trees, one after the other. A leaf is its own child, so that all trees are as deep as one."""

    roots: Places
    depth: int
    feature: Places
    threshold: Floats  # a row that has no more than this goes to the left
    left: Places
    right: Places
    value: Floats

    @classmethod
    def of(cls, learnt: pa.Table, value: Callable[[pa.Table], Floats]) -> "Forest":
        """The forest that MLlib has saved as this table, one row a node; `value` gives every node's."""
        order = [("treeID", "ascending"), ("nodeData.id", "ascending")]
        nodes = learnt.flatten().flatten().sort_by(order)
        trees = nodes["treeID"].to_numpy()
        place = np.arange(len(trees))
        first = np.searchsorted(trees, trees)  # of the node's tree: its nodes are numbered from the root on, which is 0
        left, right = (nodes[f"nodeData.{side}Child"].to_numpy() for side in ("left", "right"))
        is_leaf = left < 0
        thresholds = pc.list_element(nodes["nodeData.split.leftCategoriesOrThreshold"].filter(~is_leaf), 0)
        threshold = np.full(len(trees), np.inf)
        threshold[~is_leaf] = thresholds.to_numpy()
        left = np.where(is_leaf, place, first + left)
        right = np.where(is_leaf, place, first + right)
        roots = np.unique(first)
        return cls(
            roots=roots,
            depth=_depth(roots, left, right),
            feature=np.where(is_leaf, 0, nodes["nodeData.split.featureIndex"].to_numpy()),
            threshold=threshold,
            left=left,
            right=right,
            value=value(nodes),
        )

    def mean(self, rows: Floats) -> Floats:
        """By row of features, the mean of the values of the leaves that it comes to."""
        at = np.broadcast_to(self.roots, (len(rows), len(self.roots)))
        each = np.arange(len(rows))[:, None]
        for _ in range(self.depth):
            at = np.where(rows[each, self.feature[at]] <= self.threshold[at], self.left[at], self.right[at])
        mean: Floats = self.value[at].mean(axis=1)
        return mean


def predictions(nodes: pa.Table) -> Floats:
    """What a regressor's nodes say."""
    said: Floats = nodes["nodeData.prediction"].to_numpy()
    return said


def shares_of_one(nodes: pa.Table) -> Floats:
    """The share of class 1 among the training rows of a classifier's nodes, of two classes."""
    zeros, ones = (pc.list_element(nodes["nodeData.impurityStats"], place).to_numpy() for place in (0, 1))
    shares: Floats = ones / (zeros + ones)
    return shares


def _depth(roots: Places, left: Places, right: Places) -> int:
    """Steps from the roots to the deepest leaf."""
    level, depth = roots, 0
    while len(level := np.unique(np.concatenate([side[level][side[level] != level] for side in (left, right)]))):
        depth += 1
    return depth
