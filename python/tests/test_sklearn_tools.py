# SPDX-License-Identifier: MIT
"""Tools that are built for scikit-learn's estimators, or go by their class, with ours. A tool that is not installed is left out:
pip install skl2onnx onnxruntime skops mlxtend imbalanced-learn mapie lime mlflow-skinny shap eli5 sklearn2pmml (which needs Java)."""

import shutil
import warnings

import gradus.sklearn
import numpy as np
import pytest
import sklearn
from gradus.sklearn import MLPClassifier, MLPRegressor
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_iris
from sklearn.inspection import permutation_importance
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

pytestmark = pytest.mark.filterwarnings("ignore")

X, y = load_iris(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)


@pytest.fixture(scope="module")
def model():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return MLPClassifier((6,), max_iter=60, learning_rate_init=0.02, random_state=0).fit(X, y)


def test_skl2onnx_and_onnxruntime_take_it_as_scikit_learns(model):
    skl2onnx = pytest.importorskip("skl2onnx")
    runtime = pytest.importorskip("onnxruntime")
    single = X.astype("f")
    for made in (model, make_pipeline(StandardScaler(), clone(model)).fit(X, y)):
        steps = [("scaler", made[0])] if made is not model else []
        twin = (made if made is model else made[-1]).to_sklearn()
        whole = make_pipeline(*(step for _, step in steps), twin)
        file = skl2onnx.to_onnx(whole, single[:1], options={"zipmap": False}).SerializeToString()
        session = runtime.InferenceSession(file, providers=["CPUExecutionProvider"])
        labels, probabilities = session.run(None, {session.get_inputs()[0].name: single})
        # float32 through two layers: some 10 roundings of 6e-8
        np.testing.assert_allclose(probabilities, made.predict_proba(X), atol=1e-5)
        assert (labels == made.predict(X)).mean() > 0.98


def test_pipelines_convert_as_those_of_scikit_learn_once_skl2onnx_knows_ours():
    skl2onnx = pytest.importorskip("skl2onnx")
    runtime = pytest.importorskip("onnxruntime")
    gradus.sklearn.register_skl2onnx()
    single, names = X.astype("f"), np.array(["a", "b", "c"])[y]
    for ours, target, options in (
        (MLPClassifier((6,), max_iter=20, random_state=0), names, {"zipmap": False}),
        (MLPClassifier((6,), max_iter=20, random_state=0), y > 0, {"zipmap": False}),
        (MLPClassifier((6,), max_iter=20, random_state=0), names, {"zipmap": True}),
        (MLPRegressor(hidden_layer_sizes=(6,), max_iter=20, random_state=0), X[:, 0] * 2, None),
    ):
        pipeline = make_pipeline(StandardScaler(), ours).fit(X, target)
        twin = make_pipeline(pipeline[0], pipeline[1].to_sklearn())
        ask = {} if options is None else {"options": options}
        files = [skl2onnx.to_onnx(made, single[:1], **ask).SerializeToString() for made in (pipeline, twin)]
        assert len(files[0]) == len(files[1])
        answers = []
        for file in files:
            session = runtime.InferenceSession(file, providers=["CPUExecutionProvider"])
            answers.append(session.run(None, {session.get_inputs()[0].name: single}))
        for mine, theirs in zip(*answers, strict=True):
            assert mine == theirs if isinstance(mine, list) else (mine == theirs).all()
    with pytest.raises(ValueError, match="dropout"):
        skl2onnx.to_onnx(MLPClassifier((6,), dropout=0.2, max_iter=5).fit(X, y), single[:1])


@pytest.mark.parametrize("twin", [False, True], ids=["ours", "theirs"])
def test_skops_keeps_it(model, twin):
    skops = pytest.importorskip("skops.io")
    data = skops.dumps(model.to_sklearn() if twin else model)
    types = skops.get_untrusted_types(data=data)
    assert all(name.startswith("sklearn." if twin else "gradus.sklearn.") for name in types)
    again = skops.loads(data, trusted=types)
    np.testing.assert_allclose(again.predict_proba(X), model.predict_proba(X), rtol=1e-12)
    np.testing.assert_allclose(again.partial_fit(X, y).loss_, clone_of(model).partial_fit(X, y).loss_, rtol=1e-8)


def clone_of(model):
    """The model with all it has learned, apart."""
    return MLPClassifier.from_sklearn(model.to_sklearn())


def test_mlxtend_selects_features_and_votes(model):
    selection = pytest.importorskip("mlxtend.feature_selection")
    classifier = pytest.importorskip("mlxtend.classifier")
    few = MLPClassifier((4,), max_iter=60, learning_rate_init=0.02, random_state=0)
    chosen = selection.SequentialFeatureSelector(few, k_features=2, cv=2).fit(X, y)
    assert 2 in chosen.k_feature_idx_ or 3 in chosen.k_feature_idx_  # the petals tell irises apart
    vote = classifier.EnsembleVoteClassifier([model, model.to_sklearn()], fit_base_estimators=False, voting="soft")
    np.testing.assert_array_equal(vote.fit(X, y).predict(X), model.predict(X))


def test_imbalanced_learn_resamples_for_it(model):
    sampling = pytest.importorskip("imblearn.over_sampling")
    pipeline = pytest.importorskip("imblearn.pipeline")
    rare = np.r_[0:60, 100:110]
    made = pipeline.make_pipeline(sampling.RandomOverSampler(random_state=0), clone(model)).fit(X[rare], y[rare])
    assert made.score(X[rare], y[rare]) > 0.9


def test_mapie_gives_sets_of_labels(model):
    mapie = pytest.importorskip("mapie.classification")
    sets = mapie.SplitConformalClassifier(model, confidence_level=0.9, prefit=True).conformalize(X, y).predict_set(X)[1]
    assert sets[np.arange(150), y, 0].mean() >= 0.89


def test_lime_explains_it(model):
    lime = pytest.importorskip("lime.lime_tabular")
    explainer = lime.LimeTabularExplainer(X, feature_names=list("abcd"), random_state=0)
    explained = explainer.explain_instance(X[0], model.predict_proba, num_features=4, num_samples=300).as_list()
    assert {next(letter for letter in "abcd" if letter in text.split()) for text, _ in explained} == set("abcd")


def test_shap_adds_up_to_what_it_predicts(model):
    shap = pytest.importorskip("shap")
    explainer = shap.KernelExplainer(model.predict_proba, X[:10])
    values = np.asarray(explainer.shap_values(X[:2], silent=True))
    np.testing.assert_allclose(values.sum(axis=1) + explainer.expected_value, model.predict_proba(X[:2]), atol=1e-6)


def test_eli5_ranks_its_features(model):
    ranking = pytest.importorskip("eli5.sklearn")
    importances = ranking.PermutationImportance(model, random_state=0, n_iter=2).fit(X, y).feature_importances_
    assert importances.argmax() in (2, 3)


def test_mlflow_logs_the_parameters_of_a_pipeline_and_of_the_twin(tmp_path, monkeypatch):
    # It knows classes of scikit-learn by a list: a fit of ours alone it does not see, its pipelines and the twin's it does.
    mlflow = pytest.importorskip("mlflow")
    pytest.importorskip("mlflow.sklearn")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow.set_tracking_uri(tmp_path.as_uri())
    mlflow.set_experiment("ours")
    mlflow.sklearn.autolog(log_models=False, log_datasets=False, silent=True)
    try:
        few = MLPClassifier((4,), max_iter=3, random_state=0)
        for made, prefix in (
            (make_pipeline(StandardScaler(), few), "mlpclassifier__"),
            (clone(few).fit(X, y).to_sklearn(), ""),
        ):
            with mlflow.start_run() as run:
                made.fit(X, y)
            logged = mlflow.get_run(run.info.run_id).data
            assert logged.params[prefix + "hidden_layer_sizes"] == "(4,)"
            assert logged.metrics["training_score"] == pytest.approx(made.score(X, y))
    finally:
        mlflow.sklearn.autolog(disable=True, silent=True)


def test_sklearn2pmml_takes_the_twin(model, tmp_path):
    pmml = pytest.importorskip("sklearn2pmml")
    if not shutil.which("java"):
        pytest.skip("sklearn2pmml runs Java")
    pipeline = pmml.make_pmml_pipeline(model.to_sklearn(), active_fields=list("abcd"), target_fields=["y"])
    path = tmp_path / "iris.pmml"
    try:
        pmml.sklearn2pmml(pipeline, str(path))
    except RuntimeError:
        if sklearn.__version__ != "1.9.1":
            raise
        pytest.skip("the newest that sklearn2pmml 0.133.1 takes is scikit-learn 1.9.0")
    text = path.read_text()
    assert "<NeuralNetwork" in text and text.count("<NeuralLayer") == 2


def test_pictures_of_decisions_and_of_dependence_are_drawn(model):
    pytest.importorskip("matplotlib").use("agg")
    from sklearn.inspection import DecisionBoundaryDisplay, PartialDependenceDisplay

    flat = clone(model).fit(X[:, :2], y)
    assert DecisionBoundaryDisplay.from_estimator(flat, X[:, :2], grid_resolution=10).response.shape[:2] == (10, 10)
    shown = PartialDependenceDisplay.from_estimator(model, X, [0], target=1, grid_resolution=5)
    assert shown.pd_results[0]["average"].shape == (3, 5)


def test_calibration_and_importance_are_those_of_scikit_learns_class(model):
    twin = model.to_sklearn()
    answers = []
    for either in (model, twin):
        calibrated = CalibratedClassifierCV(clone(either), cv=2).fit(X, y).predict_proba(X)
        importance = permutation_importance(either, X, y, n_repeats=2, random_state=0).importances
        answers.append((calibrated, importance))
    for ours, theirs in zip(*answers):
        np.testing.assert_allclose(ours, theirs, atol=1e-7)


def test_a_regressor_is_taken_too():
    skl2onnx = pytest.importorskip("skl2onnx")
    runtime = pytest.importorskip("onnxruntime")
    target = X[:, 0] * X[:, 1]
    model = MLPRegressor(hidden_layer_sizes=(6,), max_iter=30, random_state=0).fit(X, target)
    file = skl2onnx.to_onnx(model.to_sklearn(), X[:1].astype("f")).SerializeToString()
    session = runtime.InferenceSession(file, providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {session.get_inputs()[0].name: X.astype("f")})
    np.testing.assert_allclose(found.ravel(), model.predict(X), atol=1e-5)
