# SPDX-License-Identifier: MIT
import gradus
import pytest


def test_a_network_is_read_from_text_and_printed_back():
    network = gradus.Network("2-16tanh-2softmax")
    assert str(network) == "2-16tanh-2softmax"
    assert (network.inputs, network.outputs, network.parameter_count) == (2, 2, 82)


def test_a_wrong_text_is_a_value_error_that_names_what_was_meant():
    with pytest.raises(ValueError, match="tahn.*tanh"):
        gradus.Network("2-16tahn-2softmax")
