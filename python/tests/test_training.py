# SPDX-License-Identifier: MIT
import _thread
import threading
import warnings

import gradus as gd
import numpy as np
import pytest

XOR = gd.make_xor()
NETWORK = gd.Network("2-4tanh-2softmax")


def start(dtype="float64"):
    return NETWORK.initial_parameters("glorot", random_state=7, dtype=dtype)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_training_changes_theta_in_place_and_keeps_its_number_type(dtype):
    theta = start(dtype)
    before = theta.copy()
    result = gd.fit(NETWORK, theta, XOR.x, XOR.y, lr=0.5, batch=4, epochs=300)
    assert theta.dtype == dtype and not np.array_equal(theta, before)
    assert result.reason == "finished" and (result.epochs, result.updates) == (300, 300)
    assert len(result.history.loss) == 300 and result.history.loss[-1] < 0.05
    assert result.history.accuracy[-1] == 1
    assert gd.predict(NETWORK, theta, XOR.x).argmax(axis=1).tolist() == [0, 1, 1, 0]


def test_the_same_seed_gives_the_same_bits():
    thetas = [start() for _ in range(3)]
    for theta, seed in zip(thetas, (1, 1, 2)):
        gd.fit(NETWORK, theta, XOR.x, XOR.y, batch=1, epochs=3, random_state=seed)
    assert np.array_equal(thetas[0], thetas[1]) and not np.array_equal(thetas[0], thetas[2])


def test_labels_are_one_hot_rows_and_numbers_a_column():
    by_label, by_target = start(), start()
    gd.fit(NETWORK, by_label, XOR.x, XOR.y, epochs=3)
    gd.fit(NETWORK, by_target, XOR.x, np.eye(2)[XOR.y], epochs=3)
    assert np.array_equal(by_label, by_target)
    line = gd.Network("1-1")
    x = np.array([[0.0], [1.0], [2.0]])
    theta = np.zeros(2)
    gd.fit(line, theta, x, [1, 3, 5], optimizer="lm", epochs=20)
    np.testing.assert_allclose(theta, [2, 1], rtol=1e-12)


def test_the_test_set_is_tried_and_stops_training_early():
    train, test = gd.make_moons(200, noise=0.3, random_state=1).split(0.5, random_state=2)
    network = gd.Network("2-16tanh-2softmax")
    theta = network.initial_parameters(random_state=3)
    result = gd.fit(network, theta, train.x, train.y, test=(test.x, test.y), optimizer="adam", lr=0.05, epochs=500,
                    early_stopping="test-loss", patience=5)  # fmt: skip
    assert result.reason == "early" and result.epochs == result.best_epoch + 5
    assert len(result.history.test_loss) == result.epochs
    loss, _ = gd.loss_and_gradient(network, theta, test.x, test.y)
    assert abs(loss - result.history.test_loss.min()) < 1e-12  # the best parameters were kept
    assert result.best_metric == result.history.test_loss.min()


def test_a_callback_sees_each_epoch_and_may_stop():
    seen = []

    def callback(epoch):
        seen.append((epoch.epoch, epoch.updates, epoch.loss is not None, epoch.test_loss))
        assert epoch.theta is theta
        return epoch.epoch == 3

    theta = start()
    result = gd.fit(NETWORK, theta, XOR.x, XOR.y, batch=2, epochs=10, callback=callback)
    assert seen == [(1, 2, True, None), (2, 4, True, None), (3, 6, True, None)]
    assert result.reason == "stopped" and result.epochs == 3


def test_the_exception_of_a_callback_arrives_and_what_was_learned_is_kept():
    def callback(epoch):
        if epoch.epoch == 3:
            raise KeyError("mine")

    theta, three = start(), start()
    with pytest.raises(KeyError, match="mine"):
        gd.fit(NETWORK, theta, XOR.x, XOR.y, epochs=10, callback=callback)
    gd.fit(NETWORK, three, XOR.x, XOR.y, epochs=3)
    assert np.array_equal(theta, three)
    assert gd.fit(NETWORK, theta, XOR.x, XOR.y, epochs=1).reason == "finished"  # still usable


def test_ctrl_c_stops_training_and_keeps_what_was_learned():
    theta = start()
    before = theta.copy()
    timer = threading.Timer(0.3, _thread.interrupt_main)
    timer.start()
    with pytest.warns(RuntimeWarning, match="interrupted after [0-9]+ updates"):
        result = gd.fit(NETWORK, theta, XOR.x, XOR.y, updates=10**12)
    timer.join()
    assert result.reason == "stopped" and result.updates > 0
    assert np.isfinite(theta).all() and not np.array_equal(theta, before)


def test_diverging_is_a_result_with_a_warning_that_names_its_place():
    theta = np.zeros(2)
    x = np.array([[1.0], [1000.0]])
    with pytest.warns(RuntimeWarning, match="diverged"):
        result = gd.fit(gd.Network("1-1"), theta, x, [1.0, 2.0], lr=10.0, epochs=1000)
    assert result.reason == "diverged" and "learning rate" in result.divergence
    assert np.isfinite(theta).all()


def test_other_threads_run_while_training_computes():
    theta, counted = start(), 0
    worker = threading.Thread(target=lambda: gd.fit(NETWORK, theta, XOR.x, XOR.y, updates=200_000))
    worker.start()
    while worker.is_alive():
        counted += 1
    assert counted > 1000  # the interpreter was ours all along: a held lock would have let some few through


def test_gradients_are_kept_on_demand():
    theta = start()
    first = gd.loss_and_gradient(NETWORK, theta, XOR.x, XOR.y)[1]
    result = gd.fit(NETWORK, theta, XOR.x, XOR.y, batch="full", epochs=5, keep_gradients=True)
    assert result.history.gradients.shape == (5, NETWORK.parameter_count)
    np.testing.assert_allclose(
        result.history.gradients[0], first, rtol=1e-13, atol=1e-15
    )  # a batch, row by row or whole


def test_running_statistics_pass_from_training_to_prediction():
    network = gd.Network("2-4-batchnorm-tanh-2softmax")
    theta = network.initial_parameters(random_state=1)
    result = gd.fit(network, theta, XOR.x, XOR.y, batch=4, epochs=5)
    assert result.state.shape == (network.state_count,)
    assert gd.predict(network, theta, XOR.x, state=result.state).shape == (4, 2)
    with pytest.raises(ValueError, match="state"):
        gd.predict(network, theta, XOR.x)


def test_a_weight_of_two_is_the_sample_given_twice():
    weighted, repeated, by_class = start(), start(), start()
    options = {"batch": "full", "epochs": 20}
    twice = [0, 1, 1, 2, 2, 3]  # class 1 again
    gd.fit(NETWORK, weighted, XOR.x, XOR.y, sample_weight=[1, 2, 2, 1], **options)
    gd.fit(NETWORK, repeated, XOR.x[twice], XOR.y[twice], **options)
    gd.fit(NETWORK, by_class, XOR.x, XOR.y, class_weight="1,2", **options)
    np.testing.assert_allclose(weighted, repeated, rtol=1e-12)  # sums in another order, 20 times
    assert np.array_equal(weighted, by_class)
    with pytest.raises(ValueError, match="sample_weight of length 4, got 3"):
        gd.fit(NETWORK, start(), XOR.x, XOR.y, sample_weight=[1, 2, 3])
    with pytest.raises(ValueError, match="at least 0"):
        gd.fit(NETWORK, start(), XOR.x, XOR.y, sample_weight=[1, 2, -1, 1])
    with pytest.raises(ValueError, match="weight for each of the 2 classes"):
        gd.fit(NETWORK, start(), XOR.x, XOR.y, class_weight="1,2,3")


@pytest.mark.parametrize(
    "class_weight",
    [{0: 1, 1: 2}, {1: 2.0}, {np.int64(1): np.float32(2)}, [1, 2], (1.0, 2.0), np.array([1, 2]), "1,2"],
    ids=["dict", "dict of one class", "numbers of NumPy", "list", "tuple", "array", "text"],
)
def test_class_weights_may_be_a_dict_a_sequence_or_a_text(class_weight):
    weighted, expected = start(), start()
    gd.fit(NETWORK, weighted, XOR.x, XOR.y, class_weight=class_weight, epochs=5)
    gd.fit(NETWORK, expected, XOR.x, XOR.y, sample_weight=[1, 2, 2, 1], epochs=5)
    assert np.array_equal(weighted, expected)


def test_class_weights_multiply_sample_weights_and_balanced_ones_let_all_classes_count_alike():
    x, y = XOR.x[[0, 1, 2]], XOR.y[[0, 1, 2]]  # classes 0, 1, 1
    balanced, by_hand, both, product = start(), start(), start(), start()
    gd.fit(NETWORK, balanced, x, y, class_weight="balanced", epochs=5)
    gd.fit(NETWORK, by_hand, x, y, class_weight=[3 / 2, 3 / 4], epochs=5)  # n / (K n_c), as scikit-learn
    assert np.array_equal(balanced, by_hand)
    gd.fit(NETWORK, both, x, y, class_weight={1: 3}, sample_weight=[1, 2, 4], epochs=5)
    gd.fit(NETWORK, product, x, y, sample_weight=[1, 6, 12], epochs=5)
    assert np.array_equal(both, product)


def test_a_single_output_has_two_classes_to_weigh():
    network, x, y = gd.Network("2-1sigmoid"), XOR.x, XOR.y
    by_class, by_sample = np.zeros(3), np.zeros(3)
    gd.fit(network, by_class, x, y, class_weight={1: 2}, epochs=5)
    gd.fit(network, by_sample, x, y, sample_weight=[1, 2, 2, 1], epochs=5)
    assert np.array_equal(by_class, by_sample)


def test_an_experiment_takes_class_weights_in_the_same_ways_and_keeps_them_as_a_text():
    def experiment(class_weight):
        return gd.Experiment(data="iris", network="4-3softmax", epochs=2, class_weight=class_weight)

    assert experiment({1: 2.5}) == experiment([1, 2.5, 1]) == experiment("1,2.5,1")
    assert experiment({1: 2.5}).class_weight == "1,2.5,1"
    with pytest.raises(ValueError, match=r"\[experiment\] class_weight: expected classes from 0 to 2 as keys, got 3"):
        experiment({3: 1})


@pytest.mark.parametrize(
    ("class_weight", "error", "message"),
    [
        ({2: 1}, ValueError, "class_weight: expected classes from 0 to 1 as keys, got 2"),
        ({-1: 1}, ValueError, "class_weight: expected classes from 0 to 1 as keys, got -1"),
        ({"yes": 1}, ValueError, "class_weight: expected classes from 0 to 1 as keys, got 'yes'"),
        ({1.0: 1}, ValueError, r"class_weight: expected classes from 0 to 1 as keys, got 1\.0"),
        ({0: -1}, ValueError, "class_weight: expected a finite weight of at least 0 for class 0, got -1"),
        ([1, float("nan")], ValueError, "class_weight: expected a finite weight of at least 0 for class 1, got nan"),
        ({0: float("inf")}, ValueError, "class_weight: expected a finite weight of at least 0 for class 0, got inf"),
        ({0: "heavy"}, TypeError, "class_weight: expected a number for class 0, got str"),
        ([1, 2, 3], ValueError, "class_weight: expected one weight for each of the 2 classes, got 3"),
        ([], ValueError, "class_weight: expected one weight for each of the 2 classes, got 0"),
        (2.0, ValueError, r"expected class_weight with one dimension, got an array of shape \(\)"),
        ({1, 2}, TypeError, "expected class_weight of numbers, got an array of dtype object"),
        ([0, 0], ValueError, "expected a sample weight above 0, got none"),
        ("even", ValueError, "expected none, balanced, or a number of at least 0 for each class"),
    ],
)
def test_class_weights_that_cannot_be_meant_are_refused_and_theta_is_left_alone(class_weight, error, message):
    theta = start()
    with pytest.raises(error, match=message):
        gd.fit(NETWORK, theta, XOR.x, XOR.y, class_weight=class_weight)
    assert np.array_equal(theta, start())


def test_class_weights_without_labels_are_refused():
    for y in (np.eye(2)[XOR.y], XOR.y[:, None] / 2):
        with pytest.raises(ValueError, match="labels in y, as class_weight needs them"):
            gd.fit(gd.Network(f"2-{y.shape[1]}"), np.zeros(3 * y.shape[1]), XOR.x, y, class_weight={1: 2})


def test_a_plain_run_warns_of_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gd.fit(NETWORK, start(), XOR.x, XOR.y, epochs=2)
