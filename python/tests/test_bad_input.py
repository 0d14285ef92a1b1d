# SPDX-License-Identifier: MIT
"""What cannot be meant is refused in one line that says what was expected and what came; what can be meant works."""

import os
import re
import warnings
import zlib

import gradus as gd
import numpy as np
import pytest

NETWORK = gd.Network("2-3tanh-2softmax")
X = np.random.RandomState(0).normal(size=(6, 2))
Y = np.array([0, 1, 1, 0, 1, 0])


def theta(dtype="float64"):
    return NETWORK.initial_parameters(random_state=1, dtype=dtype)


def fit(x=X, y=Y, start=None, **options):
    trained = theta() if start is None else start
    gd.fit(NETWORK, trained, x, y, **{"epochs": 2, **options})
    return trained


EXPECTED = fit()


class Duck:
    """What is no array, but gives one."""

    def __array__(self, dtype=None, copy=None):
        return X if dtype is None else X.astype(dtype)


@pytest.mark.parametrize(
    "x",
    [
        np.asfortranarray(X),
        np.repeat(X, 2, axis=0)[::2],
        X.tolist(),
        X.astype(object).astype(float),
        X[::-1][::-1],
        Duck(),
    ],
    ids=["Fortran order", "every other row", "lists", "a copy", "reversed twice", "array protocol"],
)
def test_any_layout_gives_the_same_bits(x):
    assert np.array_equal(fit(x), EXPECTED)


@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.uint8, bool, np.int32])
def test_labels_may_be_any_whole_numbers(dtype):
    assert np.array_equal(fit(y=Y.astype(dtype)), EXPECTED)


def test_whole_numbers_are_samples_too():
    whole = np.arange(12).reshape(6, 2)
    assert np.array_equal(fit(whole), fit(whole.astype(float)))


def test_arrays_are_not_copied_where_layout_and_type_allow():
    x = X.copy()
    x.flags.writeable = False  # only read
    assert np.array_equal(fit(x), EXPECTED)
    narrow = theta("float32")
    assert fit(X.astype(np.float32), start=narrow) is narrow and narrow.dtype == np.float32


@pytest.mark.parametrize(
    ("x", "y", "error", "message"),
    [
        (X[:, :1], Y, ValueError, r"\[fit\] expected x with 2 columns, got 1 \(x is 6 x 1\)"),
        (X[0], Y[:1], ValueError, r"\[fit\] expected x with two dimensions, one sample a row, got an array of shape \(2,\)"),
        (X[None], Y, ValueError, r"expected x with two dimensions.*\(1, 6, 2\)"),
        (X, Y[:5], ValueError, r"expected targets with 6 rows, got 5"),
        (X, np.eye(3)[Y], ValueError, r"expected targets with 2 columns, got 3"),
        (X, Y + 1, ValueError, r"\[fit\] expected labels from 0 to 1 in y, got 2 \(sample 1\)"),
        (X, -Y, ValueError, r"expected labels from 0 to 1 in y, got -1"),
        (X, Y.astype(float), ValueError, r"expected y as labels .* got float64 of shape \(6,\)"),
        (X, Y.astype(str), TypeError, r"expected y of numbers, got an array of dtype <U"),
        (X.astype(complex), Y, TypeError, r"expected x of numbers, got an array of dtype complex128"),
        (X.astype(object), Y, TypeError, r"expected x of numbers, got an array of dtype object"),
        (np.array([["a", "b"]] * 6), Y, TypeError, r"expected x of numbers"),
        (None, Y, TypeError, r"expected x of numbers, got an array of dtype object"),
        (np.where(X[3, 1] == X, np.nan, X), Y, ValueError, r"expected finite numbers in x, got nan \(row 3, column 1\)"),
        (np.where(X[2, 0] == X, -np.inf, X), Y, ValueError, r"expected finite numbers in x, got -inf \(row 2, column 0\)"),
        (X, np.where(np.eye(2)[Y] == 0, np.nan, 1), ValueError, r"expected finite numbers in y, got nan"),
        (np.empty((0, 2)), np.empty(0, dtype=int), ValueError, r"\[fit\] expected at least one sample, got none"),
        ([[1, 2], [3]], Y, ValueError, r"\[fit\] expected x of numbers, got no array: .*inhomogeneous"),
    ],
)  # fmt: skip
def test_samples_that_cannot_be_learned_from_are_refused_and_theta_is_left_alone(x, y, error, message):
    start = theta()
    with pytest.raises(error, match=message):
        fit(x, y, start)
    assert np.array_equal(start, theta())


@pytest.mark.parametrize(
    ("start", "message"),
    [
        (theta().tolist(), "writable array .* got list"),
        (theta().astype(int), "got an array of int64"),
        (theta()[None], r"got an array of float64, shape \(1, 17\)"),
        (np.zeros(34)[::2], "got strided, an array of float64"),
        (theta().astype(">f8"), "got an array of >f8"),
        (theta().astype(np.float16), "got an array of float16"),
        (np.broadcast_to(0.0, 17), "got read-only"),
        (None, "got NoneType"),
    ],
)
def test_theta_that_cannot_be_changed_in_place_is_refused(start, message):
    with pytest.raises(TypeError, match=r"\[fit\] expected theta as a .*" + message):
        gd.fit(NETWORK, start, X, Y)


@pytest.mark.parametrize("function", [gd.fit, gd.check, gd.loss_and_gradient])
def test_theta_of_another_network_is_refused(function):
    with pytest.raises(ValueError, match="expected theta of length 17, got 3"):
        function(NETWORK, np.zeros(3), X, Y)
    with pytest.raises(ValueError, match="theta"):
        gd.predict(NETWORK, np.zeros(3), X)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"ephocs": 3}, TypeError, r"\[fit\] unknown option 'ephocs' \(did you mean 'epochs'\?\)"),
        ({"seed": 3}, TypeError, "unknown option 'seed'"),
        ({"epochs": -1}, ValueError, r"\[fit\] epochs: expected a whole number of at least 0, got -1"),
        ({"epochs": 2.5}, ValueError, "epochs: expected a whole number"),
        ({"epochs": "many"}, ValueError, "epochs: expected a whole number of at least 0, got 'many'"),
        ({"epochs": [3]}, TypeError, "epochs: expected a number, a text, True or False, got list"),
        ({"lr": 0}, ValueError, "lr: expected a number above 0"),
        ({"lr": float("nan")}, ValueError, "lr: expected a number above 0"),
        ({"batch": 0}, ValueError, "batch: expected a whole number of at least 1, or full"),
        ({"optimizer": "adma"}, ValueError, "adma.*adam"),
        ({"loss": "cross-entorpy"}, ValueError, "cross-entropy"),
        ({"schedule": "cosin"}, ValueError, "cosine"),
        ({"early_stopping": "test-loss"}, ValueError, "expected a test set"),
        ({"random_state": -1}, ValueError, "expected a seed from 0 to 4294967295, got -1"),
        ({"random_state": "7"}, TypeError, "expected random_state as a seed or a gradus.RandomState, got str"),
        ({"random_state": None}, TypeError, "expected random_state"),
        ({"test": X}, ValueError, r"expected test as a pair \(x, y\)"),
        ({"test": (X[:, :1], Y)}, ValueError, r"\[fit, test set\] expected x with 2 columns, got 1"),
        ({"callback": 3}, TypeError, "callback as a callable, got int"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(options, error, message):
    with pytest.raises(error, match=message):
        fit(**options)


def test_numbers_of_numpy_are_options_too():
    assert np.array_equal(fit(epochs=np.int32(2), lr=np.float32(0.01)), fit(lr=float(np.float32(0.01))))
    assert np.array_equal(fit(epochs=2, momentum=None), EXPECTED)


@pytest.mark.parametrize("predict", [lambda x: gd.predict(NETWORK, theta(), x), gd.Predictor(NETWORK, theta())])
def test_predict_refuses_what_does_not_fit_and_passes_nan_on(predict):
    with pytest.raises(ValueError, match="expected x with 2 columns, got 3"):
        predict(np.zeros((4, 3)))
    with pytest.raises(TypeError, match="expected x of numbers"):
        predict(np.array([["a", "b"]]))
    with pytest.raises(ValueError, match="two dimensions"):
        predict(np.zeros((2, 2, 2)))
    assert predict(np.empty((0, 2))).shape == (0, 2)
    p = predict([[np.nan, 0.0], [1.0, 2.0]])
    assert np.isnan(p[0]).all() and np.isfinite(p[1]).all()


@pytest.mark.parametrize("hidden", ["tanh", "relu", "step", "sigmoid", "hardsigmoid", "gelu", "softplus"])
def test_nan_and_infinity_pass_through_prediction_and_touch_no_other_sample(hidden):
    network = gd.Network(f"2-3{hidden}-2")
    parameters = network.initial_parameters(random_state=1)
    model = gd.Model(network, parameters)
    x = np.repeat(X, 3, axis=0)
    spoilt = x.copy()
    spoilt[4, 0], spoilt[9, 1], spoilt[11, 0] = np.nan, np.inf, -np.inf
    rest = np.delete(np.arange(len(x)), [4, 9, 11])
    for predict in (lambda a: gd.predict(network, parameters, a), gd.Predictor(network, parameters), model.predict):
        expected, got = predict(x), predict(spoilt)
        assert np.isnan(got[4]).all()
        assert np.array_equal(got[rest], expected[rest])
    assert np.isnan(gd.Predictor(network, parameters)(spoilt[4])).all()
    if hidden in ("tanh", "step", "sigmoid", "hardsigmoid"):  # they tend to a number
        assert np.isfinite(model.predict(spoilt)[[9, 11]]).all()


def test_a_class_is_not_made_of_nan():
    with pytest.raises(ValueError, match="NaN|nan"):
        gd.Model(NETWORK, theta()).classify([[np.nan, 0.0]])


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2-4tahn-2softmax", "unknown activation 'tahn', did you mean tanh?"),
        ("2-4Relu-2softmax", "unknown activation 'Relu', did you mean relu?"),
        ("2-4tanh-2sofmax", "unknown activation 'sofmax', did you mean softmax?"),
        ("seq2-4lsmt-2", "unknown activation 'lsmt', did you mean lstm?"),
        ("1x8x8-conv2k3rellu-2", "unknown activation 'rellu', did you mean relu?"),
        ("2-4-dropuot0.2-2", "unknown layer 'dropuot0.2', did you mean dropout?"),
        ("2-4-batchnrom-2", "unknown layer 'batchnrom', did you mean batchnorm?"),
    ],
)
def test_a_misspelt_layer_is_answered_with_the_nearest(text, meant):
    with pytest.raises(ValueError, match=re.escape(meant) + r" \(known: "):
        gd.Network(text)


@pytest.mark.parametrize(("name", "meant"), [("golrot", "glorot"), ("he_normal", "he-normal"), ("unifrom", "uniform")])
def test_a_misspelt_initializer_is_answered_with_the_nearest(name, meant):
    with pytest.raises(ValueError, match=rf"unknown initializer '{name}', did you mean {meant}\?"):
        NETWORK.initial_parameters(name)


def test_a_dtype_may_be_numpys_own():
    assert NETWORK.initial_parameters(dtype=np.float32).dtype == np.dtype(np.float32)
    assert NETWORK.initial_parameters(dtype=np.dtype("float64")).dtype == np.dtype(np.float64)
    with pytest.raises(ValueError, match="unknown precision 'int32'"):
        NETWORK.initial_parameters(dtype=np.int32)


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (lambda x: gd.check(NETWORK, theta(), x, Y), "check"),
        (lambda x: gd.loss_and_gradient(NETWORK, theta(), x, Y), "loss"),
        (lambda x: gd.predict(NETWORK, theta(), x), "predict"),
        (lambda x: gd.Predictor(NETWORK, theta())(x), "predictor"),
        (lambda x: gd.Model(NETWORK, theta()).predict(x), "model"),
        (lambda x: gd.Model(NETWORK, theta()).classify(x), "model"),
        (lambda x: gd.Bank(NETWORK, theta()[None], x, Y, [0]), "bank"),
        (lambda x: gd.Dataset(x, Y), "dataset"),
        (lambda x: gd.Scaler.fit("standard", x), "scaler"),
    ],
)
def test_what_is_no_array_of_numbers_is_refused_in_one_line_that_says_where(function, name):
    for x, error in (
        (X.astype(object), TypeError), (X.astype(complex), TypeError), (X.astype(str), TypeError), (None, TypeError),
        (X[None], ValueError), (np.float64(1), ValueError), ([[1, 2], [3]], ValueError),
    ):  # fmt: skip
        with pytest.raises(error, match=rf"^\[{name}\] expected x [^\n]*$"):
            function(x)


@pytest.mark.parametrize("path", [None, 3, b"", ""])
def test_what_names_no_file_is_refused_by_all_that_take_one(path):
    model, experiment = gd.Model(NETWORK, theta()), gd.Experiment(data="iris", network="4-3softmax")
    error, message = (ValueError, "expected the name of a file") if path in (b"", "") else (TypeError, "os.PathLike")
    for function in (model.save, gd.load_iris().save, experiment.save, gd.Model.load, gd.Experiment.load, gd.load_data):
        with pytest.raises(error, match=message):
            function(path)


def test_a_path_may_be_bytes_and_hold_any_character(tmp_path):
    model = gd.Model(NETWORK, theta())
    model.save(bytes(tmp_path / "b.model"))
    model.save(tmp_path / "\udcff.model")  # as os.listdir gives a name that is no UTF-8
    for path in (tmp_path / "b.model", tmp_path / "\udcff.model"):
        assert np.array_equal(gd.Model.load(path).theta, theta())


def test_a_model_that_is_cut_short_newer_or_something_else_is_refused_in_words(tmp_path):
    path = tmp_path / "a.model"
    gd.Model(NETWORK, theta()).save(path)
    whole = path.read_bytes()

    def refusal(content):
        path.write_bytes(content)
        with pytest.raises(OSError) as refused:
            gd.Model.load(path)
        assert str(refused.value).startswith(str(path)) and "\n" not in str(refused.value)
        return str(refused.value)

    for length in (0, 7, 8, 20, len(whole) // 2, len(whole) - 1):
        refusal(whole[:length])
    refusal(whole + b"x")
    assert "expected a model file" in refusal(b"x0,x1,label\n1,2,0\n")
    newer = whole.replace(b'"gradus.version":"1"', b'"gradus.version":"2"')
    digits = newer.index(b'"gradus.checksum":"') + len(b'"gradus.checksum":"')
    blank = newer[:digits] + b"00000000" + newer[digits + 8 :]
    sealed = newer[:digits] + b"%08x" % zlib.crc32(blank) + newer[digits + 8 :]
    assert "expected gradus.version 1, got '2' (made by another version?)" in refusal(sealed)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: gd.predict(NETWORK, theta(), X, state=[1.0]), ValueError, r"[predict] expected state of length 0, got 1"),
        (lambda: NETWORK.arrays([0.0] * 17), TypeError, "[network] expected theta as an array, whose named parts are views, got list"),
        (lambda: NETWORK.arrays(theta()[None]), ValueError, "[network] expected theta with one dimension, got an array of shape (1, 17)"),
        (lambda: gd.load_iris().take([True, False]), TypeError, "[dataset] expected rows by their numbers, got booleans"),
        (lambda: gd.sweep(data="iris", network="4-3", threads=0), ValueError, "[sweep] expected at least 1 thread, got 0"),
        (lambda: gd.sweep(data="iris", network="4-3", callback=3), TypeError, "[sweep] expected callback as a callable, got int"),
        (lambda: gd.Experiment(data="iris", network="4-3").run(3), TypeError, "[experiment] expected callback as a callable, got int"),
        (lambda: gd.Bank(NETWORK, theta()[None], X, Y, 0), TypeError, "[bank] expected random_states as a sequence, one for each network, got int"),
        (lambda: fit(random_state=np.random.RandomState(0)), TypeError, "gradus.RandomState, got numpy.random.mtrand.RandomState"),
        (lambda: gd.metrics.accuracy([], []), ValueError, "sample"),
    ],
)  # fmt: skip
def test_what_a_newcomer_may_well_write_is_refused_with_what_was_expected(call, error, message):
    with pytest.raises(error, match=re.escape(message)):
        call()


def test_missing_and_damaged_files_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere.model"):
        gd.Model.load(tmp_path / "nowhere.model")
    with pytest.raises(FileNotFoundError, match="nowhere.csv"):
        gd.load_data(tmp_path / "nowhere.csv")
    with pytest.raises(FileNotFoundError, match="nowhere.toml"):
        gd.Experiment.load(tmp_path / "nowhere.toml")
    path = tmp_path / "damaged.model"
    gd.Model(NETWORK, theta()).save(path)
    bytes_ = bytearray(path.read_bytes())
    bytes_[-1] ^= 1
    path.write_bytes(bytes_)
    with pytest.raises(OSError, match="damaged.model.*checksum"):
        gd.Model.load(path)
    with pytest.raises(OSError, match="no_folder"):
        gd.Model(NETWORK, theta()).save(tmp_path / "no_folder" / "a.model")


def paths_taken():
    """{what is called: call(path)} of all that takes the name of a file or a folder."""
    model = gd.Model(NETWORK, theta())
    experiment = gd.Experiment(data="moons", network="2-2softmax", epochs=1)
    return {
        "Experiment.load": gd.Experiment.load,
        "Experiment.save": experiment.save,
        "Model.load": gd.Model.load,
        "Model.save": model.save,
        "Dataset.save": gd.load_iris().save,
        "compare": lambda path: gd.compare(path, model),
        "export_header": lambda path: gd.export_header(model, path),
        "export_onnx": lambda path: gd.export_onnx(model, path),
        "export_weights": lambda path: gd.export_weights(model, path),
        "import_weights": lambda path: gd.import_weights(path, NETWORK),
        "import_weights of FANN": lambda path: gd.import_weights(path, source="fann"),
        "import_weights of RTNeural": lambda path: gd.import_weights(path, source="rtneural"),
        "load_data": gd.load_data,
        "merge_sweep": gd.merge_sweep,
        "sweep": lambda path: gd.sweep(data="moons", network="2-2softmax", epochs=1, folder=path),
        "validate": lambda path: gd.validate(path, network="2-2softmax", epochs=1),
        "data of an experiment": lambda path: gd.Experiment(data=path, network="2-2softmax").run(),
        "test data of an experiment": lambda path: gd.Experiment(data="moons", test=path, network="2-2softmax").run(),
    }


def test_a_nul_in_a_path_is_refused_by_everything_that_takes_one(tmp_path):
    before = tmp_path / "before"  # what the system would take instead
    before.write_text("a,b,label\n1,2,0\n2,1,1\n")
    held = before.read_bytes()
    for called, call in paths_taken().items():
        for path in (f"{before}\0.csv", f"{tmp_path}/a.model\0", f"{tmp_path}\0/b"):
            with pytest.raises((ValueError, OSError), match=r"NUL|^\[experiment\] (data|test): expected "):
                call(path)
            assert before.read_bytes() == held and list(tmp_path.iterdir()) == [before], called


def test_everything_that_takes_a_path_is_among_these():
    def signatures(module):
        for name, thing in vars(module).items():
            for owner, function in [("", thing)] if not isinstance(thing, type) else vars(thing).items():
                text = str(getattr(function, "__nb_signature__", "")) or str(getattr(function, "__annotations__", ""))
                if "PathLike" in text:
                    yield f"{name}.{owner}".removesuffix(".")

    taken = set(signatures(gd))
    assert taken >= {"Model.load", "Model.save", "export_weights", "load_data"}
    assert taken <= set(paths_taken())


def evil_files(folder):
    """{name: call} of files that hold escape sequences, line ends and overrides of direction where names stand."""
    evil = "a\x1b[2J\u202e\x9b"
    texts = {
        "names.csv": f'"{evil}\n",{evil},label\n1,x,0\n',
        "cells.csv": f"a,label\n1,0\n{evil},\x1b\n,,,\n",
        "key.toml": f'"{evil}" = 1\n',
        "value.toml": f'[data]\nsource = "{evil}\\u001b"\n',
        "wrong.toml": f"[{evil}",
        "names.fann": f"FANN_FLO_2.1\nnum_layers={evil}\n",
        "names.json": '{"in_shape": [null, 1], "layers": [{"type": "' + evil.replace("\x1b", "\\u001b") + '"}]}',
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
        if name.endswith("csv"):
            yield name, lambda path: gd.load_data(path, header=True), folder / name
            yield name, lambda path: gd.Experiment(data=path, network="3-2softmax").run(), folder / name
        if name.endswith("toml"):
            yield name, gd.Experiment.load, folder / name
        if name.endswith("fann"):
            yield name, lambda path: gd.import_weights(path, source="fann"), folder / name
        if name.endswith("json"):
            yield name, lambda path: gd.import_weights(path, source="rtneural"), folder / name
    np.savez(
        folder / "names.npz", **{evil: np.zeros((2, 3)), "\n": np.zeros(3), "c": np.zeros((3, 2)), "d": np.zeros(2)}
    )
    np.savez(folder / "shapes.npz", **{evil: np.zeros(2), "\n": np.zeros(3), "c": np.zeros(1), "d": np.zeros(2)})
    for name in ("names.npz", "shapes.npz"):
        yield name, lambda path: gd.import_weights(path, NETWORK, source="npz"), folder / name


def test_no_message_moves_a_cursor(tmp_path):
    """A terminal, and a log, take it as it is."""
    told = []

    def ask(call, *given):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                call(*given)
        except (ValueError, OSError, TypeError, AttributeError) as error:
            told.append(str(error))

    for call in paths_taken().values():
        for name in ("a\x1b[2J\n.csv", "\x9b.keras", "\u202e.toml", "b\x1b.onnx", os.fsdecode(b"\xff.npz")):
            ask(call, str(tmp_path / "no folder" / name))
    assert len(told) > 4 * len(paths_taken())
    before = len(told)
    for _, call, path in evil_files(tmp_path):
        ask(call, path)
    assert len(told) >= before + 7
    for text, call in TEXTS.values():
        for place in range(len(text) + 1):
            ask(call, text[:place] + "\x1b[2J\r\n" + text[place:])
    ask(lambda: gd.sweep(data="moons", network="2-2softmax", lr="0.1..\x1b[2J"))
    ask(lambda: gd.Experiment(**{"\x1b[2J": 1}))
    ask(lambda: getattr(gd.Experiment(), "\x1b[2J"))
    assert len(told) > before + 100
    assert [text for text in told if not text.isprintable()] == []


TEXTS = {
    "a network": ("2-3tanh:nobias-2softmax", gd.Network),
    "data": ("blobs:centers=[0,0;3,3],no-shuffle,seed=3", gd.load_data),
    "a method": ("adam:beta1=0.8", lambda text: gd.Experiment(optimizer=text)),
    "a loss": ("huber:delta=2", lambda text: gd.Experiment(loss=text)),
    "a schedule": ("step:every=3", lambda text: gd.Experiment(schedule=text)),
    "an initializer": ("uniform:0.5", lambda text: gd.Experiment(init=text)),
    "a key of words": ("test-loss", lambda text: gd.Experiment(early_stopping=text)),
    "an experiment": ("seed = 1 # a\n[data]\nsource = 'moons'\n", lambda text: gd.Experiment.parse(text)),
}


def refused(call, text):
    try:
        call(text)
    except (ValueError, OSError) as error:
        return error
    return None


@pytest.mark.parametrize(("text", "call"), TEXTS.values(), ids=TEXTS)
def test_no_message_cuts_a_character_into_bytes(text, call):
    """A UnicodeDecodeError would be one of Python's own, from inside; bytes that are no text are shown as \\x."""
    told = 0
    for place in range(len(text) + 1):
        for sign in ("\u00e4", "\u20ac", "\U0001f600", "\u00e4" * 300, "\u0301"):
            for changed in (text[:place] + sign + text[place:], text[:place] + sign, sign + text[place:]):
                error = refused(call, changed)
                if error is not None:
                    told += 1
                    assert not isinstance(error, UnicodeError), changed
                    assert "\\x" not in str(error), (changed, str(error))
    assert told > len(text)
