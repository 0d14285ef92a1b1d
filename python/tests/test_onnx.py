# SPDX-License-Identifier: MIT
"""Models as ONNX, held against ONNX's own checker and ONNX Runtime, which runs in a process of its own: on a fault it may
end the one that it is in."""

import json
import os
import pathlib
import subprocess
import sys
import warnings

import gradus as gd
import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

# Runs each file on its inputs: {name: {"x": file.npy | [texts]}} on standard input, arrays to NAME.OUTPUT.npy.
RUNNER = """
import json, sys
import numpy as np, onnxruntime
onnxruntime.set_default_logger_severity(4)
for path, inputs in json.load(sys.stdin).items():
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    fed = {n: np.load(v) if isinstance(v, str) else np.array(v, object) for n, v in inputs.items()}
    for output, value in zip(session.get_outputs(), session.run(None, fed)):
        np.save(f"{path}.{output.name}.npy", value.astype(str) if value.dtype == object else value)
"""
ACTIVATIONS = ["identity", "step", "sigmoid", "hardsigmoid", "tanh", "relu", "leakyrelu", "prelu", "elu", "selu", "softplus", "softsign", "gelu", "silu", "mish", "exponential", "hardswish"]  # fmt: skip
NEVER_DOUBLE = ["gelu", "conv", "avgpool", "globalavgpool", "elman", "gru", "lstm"]


def run_onnx(files):
    done = subprocess.run([sys.executable, "-c", RUNNER], input=json.dumps(files), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]


def saved(folder, name, x):
    np.save(folder / f"{name}.npy", x)
    return str(folder / f"{name}.npy")


def random_item(random, kind):
    """Some layers that fit a network of `kind`, as text."""
    if kind == "picture":
        conv = f"conv{random.choice([2, 4])}k{random.choice(['1', '2', '3', '2x3'])}{random.choice(['', 's2'])}p1{random.choice(['', 'g2'])}"
        return random.choice([conv + random.choice(["", ":nobias"]), "maxpool2", "avgpool2", "avgpool3s1p1", "maxpool3s2p1", "batchnorm", random.choice(ACTIVATIONS)])  # fmt: skip
    if kind == "steps":
        cell = random.choice(["elman", "gru", "lstm"])
        return random.choice([f"{random.integers(1, 6)}{cell}:all", "layernorm", "3tanh", random.choice(ACTIVATIONS)])  # fmt: skip
    units = random.integers(1, 9)
    return random.choice([f"{units}{random.choice(ACTIVATIONS)}", f"{units}:nobias", "layernorm", "rmsnorm", "batchnorm", "dropout0.3", "residual"])  # fmt: skip


def random_text(random):
    kind = random.choice(["rows", "rows", "picture", "signal", "steps"])
    inputs = {"rows": "5", "picture": "2x6x7", "signal": "2x9", "steps": "seq3"}[kind]
    items = [str(random_item(random, "rows" if kind == "signal" else kind)) for _ in range(random.integers(1, 4))]
    if kind == "signal":
        items = ["conv4k3s2p1g2relu", random.choice(["maxpool2", "avgpool2", "batchnorm", "prelu"])]
    if kind == "steps" and random.random() < 0.5:
        items.append(f"4{random.choice(['elman', 'gru', 'lstm'])}")
    if kind == "rows":
        items = ["7"] + ["[3tanh-7]+-7" if item == "residual" else f"{item}-7" for item in items]
    if kind == "picture":
        items.append(random.choice(["flatten", "globalavgpool", "globalmaxpool"]))
    return "-".join([inputs, *items, random.choice(["3softmax", "3logsoftmax", "1sigmoid", "2", "1"])])


def random_model(text, random, scaled):
    network = gd.Network(text)
    theta = network.initial_parameters("glorot", random_state=int(random.integers(1 << 30)))
    theta = (theta + random.normal(size=theta.size) * 0.1).astype(np.float32).astype(float)
    state = np.abs(random.normal(size=network.state_count)).astype(np.float32).astype(float) + 0.5
    scaler = None
    if scaled:
        scaler = gd.Scaler.fit("standard", random.normal(size=(9, network.inputs)) * 3 + 1)
    loss = "mse" if text.endswith(("-2", "-1")) else "auto"
    classes = [] if loss == "mse" else ["no", "yes"] if text.endswith("1sigmoid") else ["a", "b", "c"]
    return gd.Model(network, theta, loss=loss, scaler=scaler, class_names=classes, state=state)


def answers_of(model, x):
    """What the graph gives of the model's outputs: probabilities of classes, or numbers."""
    y = model.predict(x)
    if model.class_names and model.network.outputs == 1:
        return np.stack([1 - y, y], axis=-1).reshape(len(y), -1)
    return np.exp(y) if "logsoftmax" in str(model.network) else y


def tolerance(model, x, roundoff, random):
    """How far the answers move if each parameter and input is off by the roundings of the longest sum, as the most of a
    few trials, with a margin for what they did not find: the replay of a model file is held so too."""
    sums = [a.shape[0] for a in model.network.arrays(model.theta).values()]
    size = roundoff * (8 + max([model.network.inputs, *sums]))
    y = answers_of(model, x)
    worst = size * (1 + np.abs(y))
    for _ in range(6):
        shake = lambda a: a * (1 + size * random.uniform(-1, 1, a.shape)) + size * random.uniform(-1, 1, a.shape)  # noqa: E731
        moved = gd.Model(model.network, shake(np.array(model.theta)), loss=model.loss, scaler=model.scaler, class_names=model.class_names, state=np.array(model.state))  # fmt: skip
        worst = np.maximum(worst, np.abs(answers_of(moved, shake(x)) - y))
    return 8 * worst


def test_random_networks_over_all_layers_give_the_same_answers_in_onnx_runtime(tmp_path):
    random = np.random.default_rng(16)
    texts = []
    while len(texts) < 500:
        text = random_text(random)
        try:
            gd.Network(text)
        except ValueError:
            continue  # a pool of what is no picture any more, say
        texts.append(text)
    used = " ".join(" ".join(gd.Network(text).layers) for text in texts)
    for layer in [*ACTIVATIONS, "dense", "softmax", "logsoftmax", "conv1d", "conv2d", "maxpool1d", "maxpool2d", "avgpool1d", "avgpool2d", "flatten", "elman", "gru", "lstm", "dropout", "layernorm", "rmsnorm", "batchnorm", "residual add"]:  # fmt: skip
        assert layer in used
    files, cases = {}, []
    for k, text in enumerate(texts):
        model = random_model(text, random, k % 3 == 0)
        network = model.network
        steps = int(random.integers(1, 5)) if text.startswith("seq") else 1
        x = random.normal(size=(int(random.choice([1, 2, 7])), network.inputs * steps)).astype(np.float32)
        shape = (len(x), steps, network.inputs) if text.startswith("seq") else x.shape
        for precision, dtype in (("float32", np.float32), ("float64", np.float64)):
            path = str(tmp_path / f"{k}.{precision}.onnx")
            opset = 18 if precision == "float64" else int(random.integers(17, 23))
            if precision == "float64" and any(name in text for name in NEVER_DOUBLE):
                with pytest.raises(ValueError, match="does not compute in float64"):
                    gd.export_onnx(model, path, precision=precision, opset=opset)
                continue
            gd.export_onnx(model, path, precision=precision, opset=opset)
            files[path] = {"x": saved(tmp_path, f"{k}.{precision}", x.astype(dtype).reshape(shape))}
            cases.append((path, model, x.astype(float), np.finfo(dtype).eps / 2))
    run_onnx(files)
    assert sum("float64" in path for path, *_ in cases) > 100
    for path, model, x, roundoff in cases:
        name = "probabilities" if model.class_names else "prediction"
        got = np.load(f"{path}.{name}.npy").astype(float).reshape(len(x), -1)
        y = answers_of(model, x)
        if "step" in model.network.layers:
            continue  # one rounding decides between 0 and 1: it runs, no more can be said
        # Attributes of a graph are float32, an epsilon too: of the 1e-5 it leaves 2.5e-13, relative to the variance.
        bound = tolerance(model, x, roundoff, random) + (1e-11 if "norm" in str(model.network) else 0)
        assert (np.abs(got - y) <= bound).all(), (path, str(model.network), np.abs(got - y).max(), bound.min())


def test_random_networks_over_all_layers_come_back_with_equal_parameters(tmp_path):
    random = np.random.default_rng(17)
    read = 0
    while read < 500:
        text = random_text(random)
        try:
            gd.Network(text)
        except ValueError:
            continue
        model = random_model(text, random, read % 3 == 0)
        path = tmp_path / "net.onnx"
        gd.export_onnx(model, path, opset=int(random.integers(17, 23)))
        again, remarks = gd.import_weights(path, source="onnx")
        assert str(again.network) == str(model.network) and remarks == []
        np.testing.assert_array_equal(np.asarray(again.theta, float), np.asarray(model.theta, float))
        np.testing.assert_array_equal(np.asarray(again.state, "f4"), np.asarray(model.state, "f4"))
        assert again.class_names == model.class_names and again.loss == model.loss
        read += 1


FIXTURES = pathlib.Path(__file__).parents[2] / "tests" / "fixtures" / "onnx"
CASES = json.loads((FIXTURES / "cases.json").read_text())


@pytest.mark.parametrize("name", sorted(CASES))
def test_what_others_wrote_answers_as_it_answered_there(name):
    case = CASES[name]
    model, _ = gd.import_weights(FIXTURES / f"{name}.onnx", source="onnx")
    x = np.array(case["x"])
    y = model.predict(x)
    if y.shape[1] == 1 and len(case["y"][0]) == 2:
        y = np.hstack([1 - y, y])
    # Sums of up to 32 products of float32 through a handful of layers: some hundred roundings.
    np.testing.assert_allclose(y, case["y"], rtol=0, atol=200 * 2.0**-24 * max(1, np.abs(case["y"]).max()))


def as_network(case):
    """A test of an operator as a graph that could be a network: all but its first input constants, its answer in rows."""
    from onnx import helper, numpy_helper

    model = onnx.ModelProto.FromString(case.model.SerializeToString())
    xs, ys = case.data_sets[0]
    for value, x in list(zip(model.graph.input, xs))[1:]:
        model.graph.initializer.append(numpy_helper.from_array(np.asarray(x), value.name))
        model.graph.input.remove(value)
    if np.ndim(ys[0]) > 2:
        old = model.graph.output[0]
        model.graph.node.append(helper.make_node("Flatten", [old.name], ["rows"]))
        del model.graph.output[:]
        model.graph.output.append(helper.make_tensor_value_info("rows", old.type.tensor_type.elem_type, None))
    return model, np.asarray(xs[0], float), np.asarray(ys[0], float)


def test_each_of_onnx_s_own_tests_of_operators_is_answered_right_or_refused_in_one_line(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from onnx.backend.test.case.node import collect_testcases

        cases = collect_testcases(None)
    right, refused = [], []
    for case in cases:
        if case.model is None or not case.data_sets:
            continue
        xs, ys = case.data_sets[0]
        if not xs or any(getattr(a, "dtype", None) not in (np.float32, np.float64) for a in (xs[0], ys[0])):
            continue
        if np.ndim(xs[0]) < 2 or any(np.asarray(x, getattr(x, "dtype", object)).dtype.kind == "O" for x in xs):
            continue
        model, x, y = as_network(case)
        onnx.save(model, tmp_path / "net.onnx")
        try:
            network, remarks = gd.import_weights(tmp_path / "net.onnx", source="onnx")
        except OSError as error:
            refused.append(str(error))
            continue
        if any("time first" in remark for remark in remarks):
            x = x.swapaxes(0, 1)
        got = network.predict(x.reshape(len(x), -1))
        # Some ten roundings of float32 in sums of a few terms.
        assert got.size == y.size, case.name
        np.testing.assert_allclose(got, y.reshape(got.shape), rtol=1e-4, atol=1e-5, err_msg=case.name)
        right.append(case.name)
    assert not any("\n" in error for error in refused)
    assert len(right) >= 35 and len(refused) > 500, (len(right), len(refused))


def test_numbers_beside_a_model_are_read_on_request(tmp_path):
    model = random_model("5-7tanh-2", np.random.default_rng(2), False)
    stored = onnx.load_from_string(model.to_onnx())
    onnx.save_model(stored, tmp_path / "net.onnx", save_as_external_data=True, location="net.data", size_threshold=0)
    with pytest.raises(
        OSError, match=r"another file, 'net.data': give --external-data \(external_data=True in Python\)"
    ):
        gd.import_weights(tmp_path / "net.onnx", source="onnx")
    again, _ = gd.import_weights(tmp_path / "net.onnx", source="onnx", external_data=True)
    np.testing.assert_array_equal(np.asarray(again.theta, float), np.asarray(model.theta, float))
    with pytest.raises(ValueError, match="external_data with source 'onnx' only"):
        gd.import_weights({}, "2-1", external_data=True)


def test_a_wrong_weight_is_beyond_the_tolerance():
    random = np.random.default_rng(3)
    model = random_model("5-7tanh-3softmax", random, True)
    x = random.normal(size=(7, 5))
    theta = np.array(model.theta)
    theta[0] += 0.001
    wrong = gd.Model(model.network, theta, scaler=model.scaler, class_names=model.class_names)
    assert (np.abs(answers_of(wrong, x) - answers_of(model, x)) > tolerance(model, x, 2.0**-24, random)).any()


@pytest.mark.parametrize("text", ["4-8tanh-3softmax", "4-5relu-3logsoftmax", "4-6relu-3"])
def test_the_label_is_the_class_that_the_model_chooses(tmp_path, text):
    iris = gd.load_iris()
    scaler = gd.Scaler.fit("min-max", iris.x)
    network = gd.Network(text)
    theta = network.initial_parameters("glorot", random_state=1)
    model = gd.Model(
        network, theta, loss="mse" if text.endswith("-3") else "auto", scaler=scaler, class_names=iris.class_names
    )
    path = str(tmp_path / "iris.onnx")
    gd.export_onnx(model, path)
    onnx.checker.check_model(onnx.load(path), full_check=True)
    run_onnx({path: {"x": saved(tmp_path, "x", iris.x.astype(np.float32))}})
    chosen = [model.class_names[k] for k in model.classify(iris.x.astype(np.float32))]
    assert np.load(f"{path}.label.npy").tolist() == chosen
    assert (tmp_path / f"iris.onnx.{'scores' if text.endswith('-3') else 'probabilities'}.npy").exists()


def test_a_float64_graph_of_a_layer_without_kernel_is_refused_by_its_name():
    model = gd.Model(gd.Network("seq3-4gru-2"), np.zeros(gd.Network("seq3-4gru-2").parameter_count))
    with pytest.raises(ValueError, match=r"layer 1 \(gru\) needs the operator GRU.*float64: export in float32"):
        model.to_onnx(precision="float64")
    model = gd.Model(gd.Network("2-3elu-1"), np.zeros(13))
    with pytest.raises(ValueError, match=r"layer 1 \(elu\).*at opset 17: export in float32, or with opset 18"):
        model.to_onnx(precision="float64", opset=17)


def test_a_wrong_option_and_a_number_beyond_float32_are_refused():
    model = gd.Model(gd.Network("2-1"), [1e39, 0.0, 0.0])
    with pytest.raises(ValueError, match="numbers that float32 holds, got 1e\\+39 in layer1.weights"):
        model.to_onnx()
    for opset in (16, 23):
        with pytest.raises(ValueError, match=f"opset from 17 to 22, got {opset}"):
            model.to_onnx(opset=opset)
    with pytest.raises(ValueError, match="float16"):
        model.to_onnx(precision="float16")


def test_the_same_model_gives_the_same_bytes_and_says_where_it_came_from():
    model = random_model("5-7tanh-3softmax", np.random.default_rng(1), True)
    assert model.to_onnx() == model.to_onnx()
    stored = onnx.load_from_string(model.to_onnx())
    said = {entry.key: entry.value for entry in stored.metadata_props}
    assert said["network"] == "5-7tanh-3softmax" and json.loads(said["class_names"]) == ["a", "b", "c"]
    assert (stored.producer_name, stored.ir_version, stored.opset_import[0].version) == ("gradus", 8, 18)
    assert {tensor.data_location for tensor in stored.graph.initializer} == {0}


@pytest.mark.parametrize("classes", [["no", "yes"], [3, 5, 9]])
def test_an_estimator_gives_scikit_learns_answers_in_onnx_runtime(tmp_path, classes):
    from gradus.sklearn import MLPClassifier, MLPRegressor

    random = np.random.default_rng(5)
    x = random.normal(size=(60, 3)).astype(np.float32)
    y = np.array(classes)[(np.abs(x).sum(axis=1) * 0.7).astype(int) % len(classes)]
    model = MLPClassifier((6,), max_iter=30, random_state=0).fit(x.astype(float), y)
    regressor = MLPRegressor(hidden_layer_sizes=(4,), max_iter=30, random_state=0).fit(
        x.astype(float), x[:, 0] * x[:, 1]
    )
    (tmp_path / "c.onnx").write_bytes(model.to_onnx())
    (tmp_path / "r.onnx").write_bytes(regressor.to_onnx())
    run_onnx({str(tmp_path / name): {"x": saved(tmp_path, name, x)} for name in ("c.onnx", "r.onnx")})
    assert np.load(tmp_path / "c.onnx.label.npy").tolist() == [str(name) for name in model.predict(x.astype(float))]
    # Sums of at most 7 terms through two layers with weights of at most a few: 1e-5 is far above their roundings.
    np.testing.assert_allclose(
        np.load(tmp_path / "c.onnx.probabilities.npy"), model.predict_proba(x.astype(float)), rtol=0, atol=1e-5
    )
    np.testing.assert_allclose(
        np.load(tmp_path / "r.onnx.prediction.npy").ravel(), regressor.predict(x.astype(float)), rtol=0, atol=1e-5
    )


def test_an_estimator_of_several_labels_is_refused():
    from gradus.sklearn import MLPClassifier

    model = MLPClassifier((3,), max_iter=2, random_state=0).fit([[0.0, 1.0], [1.0, 0.0]], [[1, 0], [1, 1]])
    with pytest.raises(ValueError, match=r"\[MLPClassifier.to_onnx\] expected one label a sample"):
        model.to_onnx()


@pytest.mark.skipif("GRADUS_CLI" not in os.environ, reason="the program is not built")
def test_a_tables_categories_gaps_and_scaled_targets_are_in_the_graph(tmp_path):
    random = np.random.default_rng(1)
    rows = [[random.choice(list("SML")), random.choice(["red", "blue"]), random.random()] for _ in range(60)]
    price = [100.0 * "SML".index(s) + 50 * w + 30 * (c == "red") + 1 for s, c, w in rows]
    gaps = ["" if k % 7 == 0 else repr(float(w)) for k, (_, _, w) in enumerate(rows)]
    lines = [f"{s},{c},{w},{y}" for (s, c, _), w, y in zip(rows, gaps, price)]
    (tmp_path / "t.csv").write_text("size,color,w,y\n" + "\n".join(lines) + "\n")
    for words in (
        "train t.csv --network 4-6tanh-1 --encode color,size:S<M<L --missing mean --target y --scale standard "
        "--scale-target log --epochs 30 -o t.model",
        "export t.model -o t.onnx",
        "predict t.model t.csv -o p.csv",
    ):
        subprocess.run([os.environ["GRADUS_CLI"], *words.split(), "--quiet"], cwd=tmp_path, check=True)
    w = np.array([float(text or "nan") for text in gaps], np.float32).reshape(-1, 1)
    columns = {"size": [[s] for s, _, _ in rows], "color": [[c] for _, c, _ in rows], "w": saved(tmp_path, "w", w)}
    run_onnx({str(tmp_path / "t.onnx"): columns})
    told = np.loadtxt(tmp_path / "p.csv", skiprows=1)
    # Through the exponential of the targets' scaling rounding grows by no more than the answers' size.
    np.testing.assert_allclose(np.load(tmp_path / "t.onnx.prediction.npy").ravel(), told, rtol=2e-5)
