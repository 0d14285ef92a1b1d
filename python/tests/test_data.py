# SPDX-License-Identifier: MIT
import os
import pickle
import subprocess

import gradus as gd
import numpy as np
import pytest

datasets = pytest.importorskip("sklearn.datasets")
model_selection = pytest.importorskip("sklearn.model_selection")


def test_makers_give_scikit_learns_data():
    # Normals go through the C library's log and sqrt, which may differ in the last bits from NumPy's.
    pairs = [
        (gd.make_moons(101, noise=0.1, random_state=7), datasets.make_moons(101, noise=0.1, random_state=7)),
        (gd.make_circles((30, 20), noise=0.2, factor=0.4, random_state=3),
         datasets.make_circles((30, 20), noise=0.2, factor=0.4, random_state=3)),
        (gd.make_blobs(50, centers=4, cluster_std=[1, 2, 0.5, 1], random_state=5),
         datasets.make_blobs(50, centers=4, cluster_std=[1, 2, 0.5, 1], random_state=5)),
        (gd.make_blobs([7, 9], centers=np.array([[0, 0], [3, 3]]), shuffle=False, random_state=1),
         datasets.make_blobs([7, 9], centers=np.array([[0.0, 0], [3, 3]]), shuffle=False, random_state=1)),
    ]  # fmt: skip
    for mine, (x, y) in pairs:
        np.testing.assert_allclose(mine.x, x, rtol=0, atol=1e-12)
        assert np.array_equal(mine.y, y)


def test_real_sets_are_those_of_scikit_learn():
    for mine, theirs in ((gd.load_iris(), datasets.load_iris()), (gd.load_digits(), datasets.load_digits())):
        assert np.array_equal(mine.x, theirs.data) and np.array_equal(mine.y, theirs.target)


def test_splits_and_folds_are_those_of_scikit_learn():
    labels = np.random.RandomState(0).randint(0, 3, 40)
    for stratify in (False, True):
        mine = gd.train_test_split(labels, 0.3, random_state=9, stratify=stratify)
        theirs = model_selection.train_test_split(
            np.arange(40), test_size=0.3, random_state=9, stratify=labels if stratify else None)  # fmt: skip
        assert all(np.array_equal(a, b) for a, b in zip(mine, theirs))
    for (train, test), (a, b) in zip(gd.k_fold(40, 6, random_state=2),
                                     model_selection.KFold(6, shuffle=True, random_state=2).split(labels)):  # fmt: skip
        assert np.array_equal(train, a) and np.array_equal(test, b)
    for (train, test), (a, b) in zip(gd.k_fold(labels, 4, stratify=True),
                                     model_selection.StratifiedKFold(4).split(labels, labels)):  # fmt: skip
        assert np.array_equal(train, a) and np.array_equal(test, b)


def test_a_split_draws_from_the_stream_it_is_given():
    stream = gd.RandomState(5)
    first, second = gd.train_test_split(20, 5, random_state=stream), gd.train_test_split(20, 5, random_state=stream)
    assert not np.array_equal(first[1], second[1])


def test_a_data_set_of_ones_own_is_saved_and_read_back_to_the_same_bits(tmp_path):
    x = np.random.RandomState(1).normal(size=(5, 3))
    for y, names in (([0, 1, 1, 0, 2], {"class_names": ["a", "b", "c"]}), (x @ [1.0, 2, 3], {"target_names": ["t"]})):
        data = gd.Dataset(x, y, feature_names=["p", "q", "r"], **names)
        data.save(tmp_path / "data.csv")
        again = gd.load_data(tmp_path / "data.csv", target=None if data.is_classification else "t")
        assert np.array_equal(again.x, x) and np.array_equal(again.y.ravel(), np.asarray(y))
        assert again.feature_names == ["p", "q", "r"]
    array = np.column_stack([x, [0, 1, 1, 0, 2]])
    np.save(tmp_path / "data.npy", array)
    assert np.array_equal(gd.load_data(tmp_path / "data.npy").y, [0, 1, 1, 0, 2])


def test_data_is_saved_as_npy_as_by_the_command_line(tmp_path):
    program = os.environ.get("GRADUS_CLI")
    moons = gd.make_moons(30, noise=0.1, random_state=3)
    moons.save(tmp_path / "mine.npy")
    again = gd.load_data(tmp_path / "mine.npy")
    assert np.array_equal(again.x, moons.x) and np.array_equal(again.y, moons.y)
    targets = gd.Dataset(moons.x, [[1.0], [2.0]] * 15)
    targets.save(tmp_path / "targets.npy")
    assert np.array_equal(np.load(tmp_path / "targets.npy"), np.column_stack([targets.x, targets.y]))
    assert np.array_equal(gd.load_data(tmp_path / "targets.npy", task="regression").y, targets.y)
    for refused in (moons.save, gd.load_data):
        with pytest.raises(OSError, match=r"data.npz: expected a CSV or .npy file, got a .npz"):
            refused(tmp_path / "data.npz")
    if not program:
        pytest.skip("the command line is not built (GRADUS_CLI)")
    words = [program, "data", "moons", "--samples", "30", "--noise", "0.1", "--seed", "3", "-o"]
    for ending in ("npy", "csv"):
        subprocess.run([*words, tmp_path / f"theirs.{ending}"], check=True, capture_output=True)
        moons.save(tmp_path / f"mine.{ending}")
        assert (tmp_path / f"theirs.{ending}").read_bytes() == (tmp_path / f"mine.{ending}").read_bytes()
    refused = subprocess.run([*words, tmp_path / "data.npz"], capture_output=True, text=True)
    assert refused.returncode != 0 and "expected a CSV or .npy file, got a .npz" in refused.stderr


def test_a_data_set_is_pickled_with_all_that_it_knows(tmp_path):
    table = tmp_path / "flats.csv"
    table.write_text("rooms,kind,rent\n1,attic,500\n,cellar,450.5\n3,attic,900\n")
    x = np.random.default_rng(0).normal(size=(5, 2))
    for data in (
        gd.load_iris(),
        gd.Dataset(x, ["a", "b", "a", "b", "a"], feature_names=["left", "right"]),
        gd.Dataset(x, x[:, :1] * 2, target_names=["twice"]),
        gd.load_data(table, encode="one-hot", missing="mean", target="rent"),
        gd.load_iris().take([]),
    ):
        again = pickle.loads(pickle.dumps(data))
        np.testing.assert_array_equal(again.x, data.x)  # a gap is NaN, and NaN no number's equal
        assert repr(again) == repr(data) and (again == data or np.isnan(data.x).any())
        assert again.feature_names == data.feature_names and again.target_names == data.target_names


def test_misspelt_data_is_answered_with_the_nearest():
    with pytest.raises(OSError, match=r"circels: no such file, nor data of that name, did you mean circles\?"):
        gd.load_data("circels")
    with pytest.raises(ValueError, match=r"unknown data 'circels', did you mean circles\?"):
        gd.load_data("circels:noise=0.1")


def test_the_arrays_of_a_data_set_are_read_only_views_that_outlive_it():
    x = gd.make_moons(10).x
    assert x.base is not None and not x.flags.writeable and np.isfinite(x).all()


def test_a_text_names_data_as_on_the_command_line():
    mine = gd.load_data("circles:samples=50,noise=0.2,factor=0.4,seed=7")
    assert mine == gd.make_circles(50, noise=0.2, factor=0.4, random_state=7)
    with pytest.raises(ValueError, match="fcator"):
        gd.load_data("circles:fcator=0.4")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: gd.Dataset([[1.0]], [0, 1]), "y of length 1, got 2"),
        (lambda: gd.Dataset([1.0], [0]), "two dimensions"),
        (lambda: gd.Dataset([[1.0]], [-1]), "labels from 0"),
        (lambda: gd.Dataset([[1.0]], [1], class_names=["a"]), "labels from 0 to 0, got 1"),
        (lambda: gd.Dataset([[1.0]], [0], feature_names=["a", "b"]), "feature_names of length 1, got 2"),
        (lambda: gd.make_moons(-1), "moons"),
        (lambda: gd.make_circles(10, factor=1.0), "factor"),
        (lambda: gd.make_xor(noise=-1.0), "noise"),
        (lambda: gd.k_fold(3, 4), "folds"),
        (lambda: gd.train_test_split(3, 3), "3"),
        (lambda: gd.Scaler.fit("standard", np.empty((0, 2))), "scaler"),
        (lambda: gd.Scaler.fit("robust", [[1.0]]), "robust"),
        (lambda: gd.load_data("iris", task="classify"), "classify"),
    ],
)
def test_data_that_cannot_be_meant_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_scaler_is_scikit_learns():
    preprocessing = pytest.importorskip("sklearn.preprocessing")
    x = np.random.RandomState(2).normal(3, 2, size=(20, 3))
    for kind, theirs in (("standard", preprocessing.StandardScaler()), ("min-max", preprocessing.MinMaxScaler())):
        mine = gd.Scaler.fit(kind, x)
        np.testing.assert_allclose(mine.transform(x), theirs.fit_transform(x), rtol=1e-13, atol=1e-14)
        np.testing.assert_allclose(mine.inverse_transform(mine.transform(x)), x, rtol=1e-14)
    with pytest.raises(ValueError, match="3 columns, got 2"):
        mine.transform(x[:, :2])


def test_the_random_stream_is_numpys():
    mine, theirs = gd.RandomState(123), np.random.RandomState(123)
    for name, arguments in [
        ("random_sample", {"size": (3, 2)}), ("uniform", {"low": -1.0, "high": 2.0, "size": 5}),
        ("randint", {"low": 3, "high": 9, "size": 7}), ("randint", {"low": 5, "size": 4}),
        ("choice", {"a": 10, "size": 4, "replace": False}), ("choice", {"a": 4, "size": 6, "p": [0.1, 0.2, 0.3, 0.4]}),
        ("choice", {"a": [5, 7, 9], "size": (2, 2)}), ("random_sample", {}),
    ]:  # fmt: skip
        a, b = getattr(mine, name)(**arguments), getattr(theirs, name)(**arguments)
        assert np.array_equal(a, b) and np.shape(a) == np.shape(b), name
    np.testing.assert_allclose(mine.normal(1, 2, (4, 3)), theirs.normal(1, 2, (4, 3)), rtol=1e-14)
    np.testing.assert_allclose(mine.standard_normal(3), theirs.standard_normal(3), rtol=1e-14)
    assert np.array_equal(mine.permutation(9), theirs.permutation(9))
    a, b = np.arange(12).reshape(6, 2), np.arange(12).reshape(6, 2)
    mine.shuffle(a), theirs.shuffle(b)
    assert np.array_equal(a, b)
    theirs.set_state(pickle.loads(pickle.dumps(mine)).get_state())
    assert mine.random_sample() == theirs.random_sample()
    with pytest.raises(ValueError, match="624"):
        mine.set_state(("MT19937", np.zeros(3, dtype=np.uint32), 0))
    with pytest.raises(ValueError, match="size"):
        mine.random_sample(-1)
    with pytest.raises(TypeError):
        gd.RandomState("seed")


def test_metrics_are_scikit_learns():
    theirs = pytest.importorskip("sklearn.metrics")
    random = np.random.RandomState(0)
    truth, predicted = random.randint(0, 3, 30), random.randint(0, 3, 30)
    p = random.dirichlet([1, 1, 1], 30)
    a, b = random.normal(size=(30, 2)), random.normal(size=(30, 2))
    assert gd.metrics.accuracy(predicted, truth) == theirs.accuracy_score(truth, predicted)
    assert np.array_equal(gd.metrics.confusion_matrix(truth, predicted), theirs.confusion_matrix(truth, predicted))
    # Sums of 30 terms of order 1: some roundings.
    np.testing.assert_allclose(gd.metrics.log_loss(truth, p), theirs.log_loss(truth, p), rtol=1e-13)
    np.testing.assert_allclose(gd.metrics.r2_score(b, a), theirs.r2_score(b, a), rtol=1e-13)
    np.testing.assert_allclose(gd.metrics.mean_squared_error(a, b), theirs.mean_squared_error(b, a), rtol=1e-13)
    assert gd.metrics.predicted_classes([0.2, 0.7, np.nan]).tolist() == [0, 1, -1]
    with pytest.raises(ValueError, match="predictions of length 1, got 2"):
        gd.metrics.accuracy([0], [0, 1])
    with pytest.raises(TypeError, match="whole numbers"):
        gd.metrics.accuracy([0.5], [0])
