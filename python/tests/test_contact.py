# SPDX-License-Identifier: MIT
"""Data as it comes, by way of Python: dialects, columns by name, words and gaps, a word when a run does not learn."""

import warnings

import gradus as gd
import numpy as np
import pytest


def rows(n=40):
    random = np.random.RandomState(0)
    x = random.randn(n, 2)
    return x, 100 + 3 * x[:, 0] - x[:, 1]


def write(path, header, *columns, separator=","):
    lines = [separator.join(header)] if header else []
    lines += [separator.join(str(v) for v in row) for row in zip(*columns, strict=True)]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_header_is_recognised_or_said(tmp_path):
    x, price = rows()
    pandas_default = write(tmp_path / "p.csv", ["0", "1", "2"], *x.T, price)
    assert len(gd.load_data(pandas_default)) == 40
    assert len(gd.load_data(pandas_default, header=False)) == 41
    headless = write(tmp_path / "h.csv", [], *x.T, price, separator=";")
    assert len(gd.load_data(headless)) == 40
    assert len(gd.load_data(headless, header=True, separator="semicolon")) == 39
    with pytest.raises(TypeError, match="did you mean 'separator'"):
        gd.load_data(headless, sep=";")
    with pytest.raises(ValueError, match="comma, semicolon, tab, bar, blank"):
        gd.load_data(headless, separator="")


def test_columns_words_and_gaps_are_chosen_by_keywords(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("id,color,a,label\n1,red,1,0\n2,blue,NA,1\n3,red,3,0\n")
    data = gd.load_data(path, drop="id", encode="one-hot", missing="drop")
    assert data.feature_names == ["color=blue", "color=red", "a"]
    assert np.isnan(gd.load_data(path, features="a,color", encode="color", missing="mean").x).sum() == 1
    with pytest.raises(OSError, match="--encode one-hot"):
        gd.load_data(path)


class Table:
    """What a data frame has that matters here."""

    def __init__(self, columns):
        self.data = columns
        self.columns = list(columns)

    def __getitem__(self, names):
        return Table({name: self.data[name] for name in names})

    def __array__(self, dtype=None, copy=None):
        return np.column_stack([np.asarray(v, dtype=float) for v in self.data.values()])


def test_a_model_takes_a_tables_columns_by_their_names():
    network = gd.Network("2-1")
    model = gd.Model(network, [3.0, -1.0, 100.0], feature_names=["x1", "x2"], target_names=["price"])
    x, price = rows()
    table = {"id": np.arange(40), "x2": x[:, 1], "price": price, "x1": x[:, 0]}
    expected = model.predict(x)
    assert np.array_equal(model.predict(Table(table)), expected)
    with pytest.raises(ValueError, match="expected the columns of training, got none named x1 "):
        model.predict(Table({"x2": x[:, 1], "price": price}))
    numbered = gd.Model(network, [3.0, -1.0, 100.0], feature_names=["x0", "x1"])
    assert np.array_equal(numbered.predict(Table({"a": x[:, 0], "b": x[:, 1]})), expected)
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(table)
    assert np.array_equal(model.predict(frame), expected)
    assert np.array_equal(model.predict(frame.to_numpy()[:, [3, 1]]), expected)


def test_answers_come_in_the_targets_own_units(tmp_path):
    x, price = rows(200)
    path = write(tmp_path / "p.csv", ["x1", "x2", "price"], *x.T, 1000 * price)
    options = {"data": str(path), "network": "2-8tanh-1", "optimizer": "adam", "lr": 0.02, "epochs": 60}
    for scale in ("standard", "min-max", "log"):
        result = gd.Experiment(**options, scale_target=scale).run()
        assert result.train_scores.r2 > 0.9, scale
        assert abs(result.model.predict(x).mean() - 100_000) < 2000, scale
        result.model.save(tmp_path / "p.model")
        again = gd.Model.load(tmp_path / "p.model")
        assert np.array_equal(again.predict(x), result.model.predict(x))
        assert again.target_scaler.kind == scale


def test_a_run_that_does_not_learn_warns_once_and_a_sound_one_is_silent(tmp_path):
    x, _ = rows()
    path = write(tmp_path / "c.csv", ["a", "b", "label"], x[:, 0], 1e5 * x[:, 1], (x[:, 0] > 0).astype(int))
    experiment = gd.Experiment(data=str(path), network="2-4relu-2softmax", epochs=20)
    with pytest.warns(gd.LearningWarning, match="features of very different scale: b spreads by") as caught:
        result = experiment.run()
    assert len(caught) == 1
    assert result.diagnosis
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sound = gd.Experiment(
            data="moons:samples=200,noise=0.1", network="2-16tanh-2softmax", optimizer="adam", lr=0.02
        )
        assert sound.run().diagnosis == []
