# SPDX-License-Identifier: MIT
"""How good a model is: what it keeps of its training, folds, comparing, going on, importance, metrics; and data from everywhere."""

import warnings

import gradus as gd
import numpy as np
import pytest

IRIS = dict(data="iris", network="4-6tanh-3softmax", optimizer="adam", lr=0.05, scale="standard", epochs=8)


@pytest.fixture(scope="module")
def result():
    return gd.Experiment(**IRIS, test=0.3, stratify=True).run()


def test_a_model_keeps_scores_history_and_diagnosis(result, tmp_path):
    result.model.save(tmp_path / "iris.model")
    model = gd.Model.load(tmp_path / "iris.model")
    assert model.purpose.startswith("3 classes (setosa, versicolor, virginica) from 4 features (sepal length")
    for kept, told in ((model.train_scores, result.train_scores), (model.test_scores, result.test_scores)):
        for name in (
            "samples",
            "loss",
            "accuracy",
            "balanced_accuracy",
            "f1",
            "roc_auc",
            "average_precision",
            "log_loss",
        ):
            assert getattr(kept, name) == getattr(told, name), name
        assert kept.r2 is None and kept.mse is None
    assert model.history.loss.tolist() == result.history.loss.tolist()
    assert model.history.test_accuracy.tolist() == result.history.test_accuracy.tolist()
    assert model.diagnosis == result.diagnosis
    bare = gd.Model(model.network, model.theta)
    assert bare.train_scores is None and bare.test_scores is None and bare.history is None and bare.diagnosis == []


def test_a_long_history_is_thinned_in_the_model():
    result = gd.Experiment(data="xor", network="2-2softmax", updates=5000, record_every=1, batch=1).run()
    kept = result.model.history
    assert len(result.history.loss) == 5000 and 500 <= len(kept.loss) <= 1001
    assert kept.update[-1] == 5000 and kept.loss[-1] == result.history.loss[-1]


def test_scores_are_scikit_learns(result):
    theirs = pytest.importorskip("sklearn.metrics")
    test, scores = result.test, result.test_scores
    p = result.model.predict(test.x)
    said = p.argmax(axis=1)
    assert scores.accuracy == theirs.accuracy_score(test.y, said)
    expected = {
        "balanced_accuracy": theirs.balanced_accuracy_score(test.y, said),
        "f1": theirs.f1_score(test.y, said, average="macro"),
        "log_loss": theirs.log_loss(test.y, p),
        "roc_auc": theirs.roc_auc_score(test.y, p, multi_class="ovr"),
        "average_precision": theirs.average_precision_score(np.eye(3)[test.y], p),
    }
    for name, value in expected.items():
        assert getattr(scores, name) == pytest.approx(value, rel=1e-12), name


def test_scores_of_a_regression_are_scikit_learns():
    theirs = pytest.importorskip("sklearn.metrics")
    run = gd.Experiment(
        data="gaussian:samples=80,noise=0.2", network="1-4tanh-1", test=0.3, scale_target="standard"
    ).run()
    said, scores = run.model.predict(run.test.x), run.test_scores
    assert scores.mae == pytest.approx(theirs.mean_absolute_error(run.test.y, said), rel=1e-12)
    assert scores.median_error == pytest.approx(theirs.median_absolute_error(run.test.y, said), rel=1e-12)
    assert scores.mse == pytest.approx(theirs.mean_squared_error(run.test.y, said), rel=1e-12)
    assert scores.r2 == pytest.approx(theirs.r2_score(run.test.y, said), rel=1e-12)
    low, high = scores.interval("r2")
    assert low < scores.r2 < high <= 1
    assert scores.interval("mae") is None
    with pytest.raises(ValueError, match="name of a score"):
        scores.interval("beauty")


@pytest.mark.parametrize("ties", [False, True])
def test_metrics_are_scikit_learns_on_random_answers(ties):
    theirs = pytest.importorskip("sklearn.metrics")
    calibration = pytest.importorskip("sklearn.calibration")
    random = np.random.RandomState(5)
    for n in (2, 3, 7, 50, 301):
        truth = random.randint(0, 2, n)
        truth[:2] = 0, 1
        score = random.randint(0, 6, n) / 5 if ties else random.uniform(size=n)
        exact = dict(rtol=1e-12, atol=1e-15)
        ours, expected = gd.metrics.roc_curve(truth, score), theirs.roc_curve(truth, score, drop_intermediate=False)
        for one, other in zip(ours, expected, strict=True):
            np.testing.assert_allclose(one, other, **exact)
        for one, other in zip(
            gd.metrics.precision_recall_curve(truth, score), theirs.precision_recall_curve(truth, score), strict=True
        ):
            np.testing.assert_allclose(one, other, **exact)
        for one, other in zip(
            gd.metrics.calibration_curve(truth, score, n_bins=7),
            calibration.calibration_curve(truth, score, n_bins=7),
            strict=True,
        ):
            np.testing.assert_allclose(one, other, **exact)
        assert gd.metrics.roc_auc(truth, score) == pytest.approx(theirs.roc_auc_score(truth, score), rel=1e-12)
        assert gd.metrics.average_precision(truth, score) == pytest.approx(
            theirs.average_precision_score(truth, score), rel=1e-12
        )
        labels, said = random.randint(0, 4, n), random.randint(0, 4, n)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert gd.metrics.balanced_accuracy(labels, said) == pytest.approx(
                theirs.balanced_accuracy_score(labels, said), rel=1e-12
            )
            assert gd.metrics.f1_score(labels, said) == pytest.approx(
                theirs.f1_score(labels, said, average="macro"), rel=1e-12
            )
        a, b = random.normal(size=(2, n, 2))
        assert gd.metrics.mean_absolute_error(a, b) == pytest.approx(theirs.mean_absolute_error(a, b), rel=1e-12)
        assert gd.metrics.median_absolute_error(a, b) == pytest.approx(theirs.median_absolute_error(a, b), rel=1e-12)
        assert gd.metrics.r2_score(a, b) == pytest.approx(theirs.r2_score(a, b), rel=1e-9)


def test_confusion_matrix_takes_its_arguments_as_scikit_learn_does():
    theirs = pytest.importorskip("sklearn.metrics")
    truth, said = ["cat", "dog", "cat", "owl", "cat"], ["cat", "cat", "dog", "owl", "cat"]
    for options in (
        {},
        {"labels": ["owl", "cat", "dog"]},
        {"labels": ["cat", "dog"]},
        {"normalize": "true"},
        {"normalize": "pred"},
        {"normalize": "all"},
        {"sample_weight": [1, 2, 3, 4, 5]},
        {"sample_weight": [0.5, 1, 1, 2, 0.25], "normalize": "true"},
    ):
        np.testing.assert_allclose(
            gd.metrics.confusion_matrix(truth, said, **options), theirs.confusion_matrix(truth, said, **options)
        )
    for wrong in (dict(y_pred=said[:2]), dict(normalize="rows"), dict(labels=["bee"]), dict(sample_weight=[1])):
        with pytest.raises(ValueError, match="confusion_matrix"):
            gd.metrics.confusion_matrix(**{"y_true": truth, "y_pred": said, **wrong})


# ----------------------------------------------------------------------------------------------------------- folds


def test_folds_are_scikit_learns_and_scores_those_of_their_runs():
    selection = pytest.importorskip("sklearn.model_selection")
    iris = gd.load_iris()
    validation = gd.validate("iris", network="4-3softmax", scale="standard", epochs=3, folds=4, repeats=2, seed=7)
    expected = selection.RepeatedStratifiedKFold(n_splits=4, n_repeats=2, random_state=7).split(iris.x, iris.y)
    for fold, (train, test) in zip(validation.folds, expected, strict=True):
        assert fold.train == train.tolist() and fold.test == test.tolist()
    one = validation.folds[5]
    # The same by hand.
    scaler = gd.Scaler.fit("standard", iris.x[one.train])
    network, random = gd.Network("4-3softmax"), gd.RandomState(7 + one.repeat)
    theta = network.initial_parameters("glorot-uniform", random_state=random)
    given = validation.experiment
    gd.fit(network, theta, scaler.transform(iris.x[one.train]), iris.y[one.train], random_state=random, epochs=3,
           optimizer=given.optimizer, lr=given.lr)  # fmt: skip
    model = gd.Model(network, theta, scaler=scaler)
    assert one.test_scores.accuracy == gd.metrics.accuracy(iris.y[one.test], model.classify(iris.x[one.test]))
    regression = gd.validate(
        "gaussian:samples=31", network="1-3tanh-1", optimizer="sgd", epochs=2, folds=3, seed=2, threads=1
    )
    expected = selection.KFold(3, shuffle=True, random_state=2).split(np.zeros(31))
    for fold, (train, test) in zip(regression.folds, expected, strict=True):
        assert fold.train == train.tolist() and fold.test == test.tolist()


def test_validate_proposes_a_network_and_stops_when_it_is_told():
    validation = gd.validate("iris", folds=3, epochs=2)
    assert validation.experiment.network == "4-32relu-32relu-3softmax"
    assert validation.experiment.test is None
    seen = []
    stopped = gd.validate(
        "iris", network="4-3softmax", max_norm=1, epochs=1, folds=5, threads=1,
        callback=lambda made, all: seen.append((made, all)) or made >= 2,
    )  # fmt: skip
    assert stopped.interrupted and len(stopped.folds) == 2 and seen[-1] == (2, 5)
    with pytest.raises(ValueError, match="early stopping"):
        gd.validate("iris", network="4-3softmax", early_stopping="test-loss")
    with pytest.raises(ValueError, match="test has no effect here"):
        gd.validate("iris", network="4-3softmax", test=0.2)
    with pytest.raises(ValueError, match="patience has no effect here"):
        gd.validate("iris", network="4-3softmax", patience=3)
    with pytest.raises(TypeError, match="did you mean 'network'"):
        gd.validate("iris", netwrok="4-3softmax")


# --------------------------------------------------------------------------------------- side by side, and going on


def test_compare_takes_models_results_and_files(result, tmp_path):
    other = gd.Experiment(**{**IRIS, "lr": 0.1}, test=0.3, stratify=True).run()
    other.model.save(tmp_path / "other.model")
    comparison = gd.compare(result, other.model, tmp_path / "other.model")
    assert comparison.differences == {"optimizer.learning_rate": ["0.05", "0.1", "0.1"]}
    assert comparison.same_test and comparison.names[2] == str(tmp_path / "other.model")
    assert comparison.distances[1, 2] == 0
    assert comparison.distances[0, 1] == pytest.approx(np.linalg.norm(result.model.theta - other.model.theta))
    row = comparison.rows[0]
    assert row["accuracy"] == result.test_scores.accuracy
    assert row["accuracy_interval"] == result.test_scores.interval("accuracy")
    assert comparison.to_csv().startswith("name,optimizer.learning_rate,")
    assert comparison.models[1].history.loss.tolist() == other.history.loss.tolist()
    with pytest.raises(ValueError, match="at least one model"):
        gd.compare()


def test_going_on_from_a_model_is_fit_from_there(result, tmp_path):
    path = str(tmp_path / "iris.model")
    result.model.save(path)
    options = dict(optimizer="sgd", lr=0.05, momentum=0.9, weight_decay=0.1, max_norm=0.8, epochs=3)
    run = gd.Experiment(data="iris", network="4-6tanh-3softmax", from_model=path, freeze=[1], **options).run()
    assert run.experiment.freeze == "1" and run.experiment.from_parameters == result.model.parameters_sha256
    theta, iris = result.model.theta.copy(), gd.load_iris()
    x = result.model.scaler.transform(iris.x)
    gd.fit(result.model.network, theta, x, iris.y, freeze=[1], random_state=0, **options)
    assert np.array_equal(theta, run.model.theta)
    assert np.array_equal(theta[:30], result.model.theta[:30]) and not np.array_equal(
        theta[30:], result.model.theta[30:]
    )
    assert gd.Experiment.parse(run.model.experiment).run().model.parameters_sha256 == run.model.parameters_sha256
    with pytest.raises(ValueError, match="expected frozen layers among those with parameters"):
        gd.fit(result.model.network, theta, x, iris.y, freeze=[7])


# ------------------------------------------------------------------------------------------------------- importance


def test_importance_is_scikit_learns_and_saliency_is_the_gradient(result):
    inspection = pytest.importorskip("sklearn.inspection")
    base = pytest.importorskip("sklearn.base")

    class AsEstimator(base.ClassifierMixin, base.BaseEstimator):
        classes_ = np.arange(3)

        def fit(self, x, y):
            return self

        def predict(self, x):
            return result.model.classify(x)

    iris = gd.load_iris()
    theirs = inspection.permutation_importance(
        AsEstimator(), iris.x, iris.y, scoring="accuracy", n_repeats=4, random_state=3
    )
    ours = gd.importance(result.model, iris, repeats=4, seed=3)
    np.testing.assert_allclose(ours.values, theirs.importances, atol=1e-15)
    np.testing.assert_allclose(ours.mean, theirs.importances_mean, atol=1e-15)
    arrays = gd.importance(result.model, iris.x, iris.y, repeats=4, seed=3)
    assert arrays.names == ours.names and np.array_equal(arrays.values, ours.values)
    # The slope of each answer by central differences.
    step = 1e-5
    for j in range(4):
        up, down = iris.x.copy(), iris.x.copy()
        up[:, j] += step
        down[:, j] -= step
        slope = np.abs(result.model.predict(up) - result.model.predict(down)).mean() / (2 * step)
        assert ours.saliency[j] == pytest.approx(slope * iris.x[:, j].std(), rel=1e-5)
    with pytest.raises(ValueError, match="at least 1 repeat"):
        gd.importance(result.model, iris, repeats=0)


def test_a_coded_column_is_shuffled_as_one_and_targets_have_their_units(tmp_path):
    random = np.random.RandomState(0)
    rows = [f"{random.normal():.4f},{random.choice(['a', 'b', 'c'])}" for _ in range(80)]
    worth = {"a": 0, "b": 500, "c": 1000}
    table = "x,kind,y\n" + "".join(
        f"{row},{10 * float(row.split(',')[0]) + worth[row.split(',')[1]]:.3f}\n" for row in rows
    )
    (tmp_path / "t.csv").write_text(table)
    run = gd.Experiment(data=str(tmp_path / "t.csv"), network="4-1", encode="one-hot", scale_target="standard",
                        optimizer="adam", lr=0.05, epochs=100).run()  # fmt: skip
    found = gd.importance(run.model, run.train)
    assert found.names == ["x", "kind"] and found.score == "r2"
    assert found.mean[1] > 0.5 > abs(found.mean[0])
    assert found.saliency[0] == pytest.approx(10 * run.train.x[:, 0].std(), rel=0.2)


# ------------------------------------------------------------------------------------------------ data from everywhere


def frames():
    x = gd.load_iris().x[::3]
    labels = np.array(["setosa", "versicolor", "virginica"])[gd.load_iris().y[::3]]
    columns = {f"c{k}": x[:, k] for k in range(4)} | {"kind": labels}
    for package in ("pandas", "polars", "pyarrow"):
        try:
            module = __import__(package)
        except ImportError:
            continue
        yield package, (module.table(columns) if package == "pyarrow" else module.DataFrame(columns))


@pytest.mark.parametrize("name, frame", [pytest.param(*pair, id=pair[0]) for pair in frames()])
def test_frames_are_read_as_their_files_are(name, frame, tmp_path):
    options = dict(network="4-3softmax", target="kind", epochs=3, lr=0.1)
    x = gd.load_iris().x[::3]
    kinds = np.array(["setosa", "versicolor", "virginica"])[gd.load_iris().y[::3]]
    lines = [",".join([*(repr(float(v)) for v in row), kind]) for row, kind in zip(x, kinds, strict=True)]
    (tmp_path / "t.csv").write_text("c0,c1,c2,c3,kind\n" + "\n".join(lines) + "\n")
    path = str(tmp_path / "t.csv")
    assert gd.sweep(data=frame, seeds=3, **options).runs == gd.sweep(data=path, seeds=3, **options).runs
    given, read = gd.validate(frame, folds=3, **options), gd.validate(path, folds=3, **options)
    assert given.scores == read.scores


def test_a_dataset_and_arrays_are_data_for_sweep_validate_check_and_plot():
    moons = gd.make_moons(60, noise=0.1, random_state=0)
    words = np.array(["one", "two"])[moons.y]
    options = dict(network="2-4tanh-2softmax", epochs=2, lr=0.1)
    runs = gd.sweep(data=moons, seeds=2, **options).runs
    assert gd.sweep(data=(moons.x, moons.y), seeds=2, **options).runs == runs
    assert gd.sweep(data=(moons.x, words), seeds=2, **options).runs == runs
    assert gd.validate((moons.x, moons.y), folds=3, **options).scores == gd.validate(moons, folds=3, **options).scores
    named = gd.Dataset(moons.x, words)
    assert named.class_names == ["one", "two"] and np.array_equal(named.y, moons.y)
    network = gd.Network("2-4tanh-2softmax")
    theta = network.initial_parameters(random_state=1)
    assert gd.check(network, theta, moons).passed
    assert gd.check_fast(network, theta, moons).passed
    assert gd.check(network, theta, moons, plant="sign").verdict == "wrong"
    assert gd.step_curve(network, theta, moons)["steps"].size
    for wrong in (lambda: gd.check(network, theta, moons.x), lambda: gd.check(network, theta, moons, moons.y)):
        with pytest.raises(TypeError, match="Dataset"):
            wrong()
    for wrong in (3, [1, 2, 3], {"a": 1}):
        with pytest.raises(TypeError, match="expected data as a text, a path, a Dataset"):
            gd.validate(wrong, network="2-2softmax")


def test_a_frame_names_features_and_words_name_classes():
    pandas = pytest.importorskip("pandas")
    data = gd.Dataset(pandas.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]}), pandas.Series(["yes", "no"]))
    assert data.feature_names == ["a", "b"] and data.class_names == ["no", "yes"] and data.y.tolist() == [1, 0]


def test_regions_take_a_dataset_and_estimators_by_their_classes():
    pytest.importorskip("matplotlib").use("agg")
    from gradus.sklearn import MLPClassifier

    moons = gd.make_moons(60, noise=0.1, random_state=0)
    words = np.array(["red", "blue"])[moons.y]
    estimator = MLPClassifier(hidden_layer_sizes=(4,), max_iter=20, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimator.fit(moons.x, words)
    axes = gd.plot.decision_regions(estimator, moons.x, words, grid=10)
    drawn = [text.get_text() for text in axes.get_legend().get_texts()]
    assert drawn[:2] == ["blue", "red"]
    counts = [len(collection.get_offsets()) for collection in axes.collections[:2]]
    assert counts == [int(np.sum(words == "blue")), int(np.sum(words == "red"))]

    class Votes:  # a classifier without probabilities
        classes_ = np.array([-1, 1])

        def predict(self, x):
            return np.where(x[:, 1] > 0.25, -1, 1)

    axes = gd.plot.decision_regions(Votes(), moons.x, np.where(moons.y == 0, -1, 1), grid=10)
    assert [text.get_text() for text in axes.get_legend().get_texts()][:2] == ["-1", "1"]
    named = gd.Dataset(moons.x, moons.y, class_names=["left", "right"])
    axes = gd.plot.decision_regions(lambda x: x[:, 0] > 0, named, grid=10)
    assert [text.get_text() for text in axes.get_legend().get_texts()][:2] == ["left", "right"]
    with pytest.raises(ValueError, match="among the classes"):
        gd.plot.decision_regions(estimator, moons.x, np.full(60, "green"), grid=10)
    with pytest.raises(TypeError, match="labels y"):
        gd.plot.decision_regions(estimator, moons.x, grid=10)


def test_the_history_of_a_model_is_drawn(result):
    pytest.importorskip("matplotlib").use("agg")
    assert gd.plot.history(result.model).get_xlabel() == "update"
    with pytest.raises(TypeError, match="or a History, got Model"):
        gd.plot.history(gd.Model(result.model.network, result.model.theta))
