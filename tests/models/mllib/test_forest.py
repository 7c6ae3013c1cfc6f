"""Forests walked by hand."""

import numpy as np
import pyarrow as pa
import pytest

from starling.models.mllib.forest import Forest, predictions, shares_of_one


def node(tree: int, number: int, said: float, *, stats=(1.0, 1.0), children=(-1, -1), split=(-1, [])) -> dict:
    feature, threshold = split
    data = {
        "id": number,
        "prediction": said,
        "impurityStats": list(stats),
        "leftChild": children[0],
        "rightChild": children[1],
        "split": {"featureIndex": feature, "leftCategoriesOrThreshold": threshold, "numCategories": -1},
    }
    return {"treeID": tree, "nodeData": data}


# Tree 0 asks for feature 1, and on its right for feature 0; tree 1 is a leaf. Their nodes come in no order.
NODES = [
    node(0, 3, 5.0, stats=(0.0, 4.0)),
    node(1, 0, 10.0, stats=(3.0, 1.0)),
    node(0, 0, 0.0, children=(1, 2), split=(1, [0.5])),
    node(0, 4, 7.0, stats=(2.0, 2.0)),
    node(0, 2, 0.0, children=(3, 4), split=(0, [-2.0])),
    node(0, 1, 1.0, stats=(4.0, 0.0)),
]
KINDS = pa.schema(
    [
        ("treeID", pa.int32()),
        (
            "nodeData",
            pa.struct(
                [
                    ("id", pa.int32()),
                    ("prediction", pa.float64()),
                    ("impurityStats", pa.list_(pa.float64())),
                    ("leftChild", pa.int32()),
                    ("rightChild", pa.int32()),
                    (
                        "split",
                        pa.struct(
                            [
                                ("featureIndex", pa.int32()),
                                ("leftCategoriesOrThreshold", pa.list_(pa.float64())),
                                ("numCategories", pa.int32()),
                            ]
                        ),
                    ),
                ]
            ),
        ),
    ]
)
LEARNT = pa.Table.from_pylist(NODES, schema=KINDS)


@pytest.mark.parametrize(
    ("row", "leaf", "share"),
    [
        ([9.0, 0.5], 1.0, 0.0),  # what is at the threshold goes to the left
        ([-2.0, 0.6], 5.0, 1.0),
        ([-1.9, 0.6], 7.0, 0.5),
        ([-1.9, np.inf], 7.0, 0.5),
    ],
)
def test_a_row_comes_to_one_leaf_of_each_tree(row: list[float], leaf: float, share: float) -> None:
    rows = np.array([row])
    assert Forest.of(LEARNT, predictions).mean(rows).tolist() == [(leaf + 10) / 2]
    assert Forest.of(LEARNT, shares_of_one).mean(rows).tolist() == [(share + 0.25) / 2]


def test_rows_are_walked_together_as_each_alone() -> None:
    rows = np.random.default_rng(3).normal(0, 2, (200, 2))
    forest = Forest.of(LEARNT, predictions)
    assert forest.depth == 2
    expected = [1.0 if second <= 0.5 else 5.0 if first <= -2 else 7.0 for first, second in rows]
    assert forest.mean(rows).tolist() == [(leaf + 10) / 2 for leaf in expected]
    assert forest.mean(np.empty((0, 2))).tolist() == []


def test_a_forest_of_leaves_has_no_depth() -> None:
    leaves = pa.Table.from_pylist([node(0, 0, 2.0), node(1, 0, 4.0)], schema=KINDS)
    assert Forest.of(leaves, predictions).mean(np.zeros((2, 1))).tolist() == [3.0, 3.0]
