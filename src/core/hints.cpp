// SPDX-License-Identifier: MIT
#include "hints.hpp"

#include <algorithm>
#include <array>

namespace gradus {
namespace {

struct Hint {
  std::string_view theirs;  ///< its letters and digits alone, in lower case
  std::string_view ours;
};

/// What is known here by another name. A word may stand for several things: the one is meant that is asked for.
constexpr std::array kHints = std::to_array<Hint>({
    // losses
    {"bce", "binary-cross-entropy"},
    {"bceloss", "binary-cross-entropy"},
    {"bcewithlogits", "binary-cross-entropy"},
    {"bcewithlogitsloss", "binary-cross-entropy"},
    {"binarycrossentropyloss", "binary-cross-entropy"},
    {"logloss", "cross-entropy"},
    {"logistic", "binary-cross-entropy"},
    {"deviance", "cross-entropy"},
    {"ce", "cross-entropy"},
    {"crossentropyloss", "cross-entropy"},
    {"categoricalcrossentropy", "cross-entropy"},
    {"sparsecategoricalcrossentropy", "cross-entropy"},
    {"softmaxcrossentropy", "cross-entropy"},
    {"multilabelsoftmarginloss", "multi-label-cross-entropy"},
    {"multilabelbinarycrossentropy", "multi-label-cross-entropy"},
    {"meansquarederror", "mse"},
    {"mseloss", "mse"},
    {"squarederror", "mse"},
    {"l2loss", "mse"},
    {"quadratic", "mse"},
    {"leastsquares", "mse"},
    {"meanabsoluteerror", "mae"},
    {"absoluteerror", "mae"},
    {"l1loss", "mae"},
    {"huberloss", "huber"},
    {"smoothl1loss", "huber"},
    {"smoothl1", "huber"},
    {"epsiloninsensitive", "huber"},
    {"logcosh", "log-cosh"},
    {"poissonnllloss", "poisson"},
    {"poissonnll", "poisson"},
    {"hingeloss", "hinge"},
    {"hingeembeddingloss", "hinge"},
    {"multimarginloss", "hinge"},
    {"categoricalhinge", "hinge"},
    {"squaredhinge", "hinge"},
    {"kldivloss", "kl-divergence"},
    {"kldiv", "kl-divergence"},
    {"kld", "kl-divergence"},
    {"kullbackleiblerdivergence", "kl-divergence"},
    {"nllloss", "nll"},
    {"negativeloglikelihood", "nll"},
    {"perceptronloss", "perceptron"},
    // activations and layers
    {"logistic", "sigmoid"},
    {"linear", "identity"},
    {"none", "identity"},
    {"heaviside", "step"},
    {"threshold", "step"},
    {"binarystep", "step"},
    {"tanhshrink", "tanh"},
    {"hyperbolictangent", "tanh"},
    {"rectifier", "relu"},
    {"rectifiedlinearunit", "relu"},
    {"relu6", "relu"},
    {"lrelu", "leakyrelu"},
    {"swish", "silu"},
    {"hardsilu", "hardswish"},
    {"hswish", "hardswish"},
    {"hsigmoid", "hardsigmoid"},
    {"exp", "exponential"},
    {"celu", "elu"},
    {"softmax2d", "softmax"},
    {"rnn", "elman"},
    {"simplernn", "elman"},
    {"batchnormalization", "batchnorm"},
    {"batchnorm1d", "batchnorm"},
    {"batchnorm2d", "batchnorm"},
    {"layernormalization", "layernorm"},
    {"linear", "dense"},
    {"fullyconnected", "dense"},
    {"maxpooling1d", "maxpool1d"},
    {"maxpooling2d", "maxpool2d"},
    {"averagepooling1d", "avgpool1d"},
    {"averagepooling2d", "avgpool2d"},
    // optimizers and schedules
    {"gd", "sgd"},
    {"gradientdescent", "sgd"},
    {"stochasticgradientdescent", "sgd"},
    {"momentum", "sgd"},
    {"adamax", "adam"},
    {"amsgrad", "adam"},
    {"radam", "adam"},
    {"adadelta", "rmsprop"},
    {"lbfgsb", "lbfgs"},
    {"bfgs", "lbfgs"},
    {"conjugategradient", "cg"},
    {"levenbergmarquardt", "lm"},
    {"resilient", "rprop"},
    {"rpropplus", "rprop"},
    {"invscaling", "inverse"},
    {"inversetimedecay", "inverse"},
    {"steplr", "step"},
    {"exponentiallr", "exponential"},
    {"exponentialdecay", "exponential"},
    {"cosineannealinglr", "cosine"},
    {"cosineannealing", "cosine"},
    {"cosinedecay", "cosine"},
    {"onecyclelr", "one-cycle"},
    {"reducelronplateau", "adaptive"},
    // initialisers
    {"xavier", "glorot"},
    {"xavieruniform", "glorot-uniform"},
    {"xaviernormal", "glorot-normal"},
    {"kaiming", "he"},
    {"kaiminguniform", "he-uniform"},
    {"kaimingnormal", "he-normal"},
    {"randomnormal", "standard-normal"},
    {"normal", "standard-normal"},
    {"gaussian", "standard-normal"},
    {"randomuniform", "uniform"},
    {"lecununiform", "glorot-uniform"},
    {"lecunnormal", "glorot-normal"},
    // options
    {"learningrate", "lr"},
    {"learningrateinit", "lr"},
    {"eta", "lr"},
    {"eta0", "lr"},
    {"rate", "lr"},
    {"stepsize", "lr"},
    {"alpha", "l2"},
    {"solver", "optimizer"},
    {"method", "optimizer"},
    {"criterion", "loss"},
    {"objective", "loss"},
    {"hiddenlayersizes", "network"},
    {"hidden", "network"},
    {"layers", "network"},
    {"architecture", "network"},
    {"model", "network"},
    {"maxiter", "epochs"},
    {"niter", "epochs"},
    {"iterations", "epochs"},
    {"batchsize", "batch"},
    {"minibatch", "batch"},
    {"randomstate", "seed"},
    {"randomseed", "seed"},
    {"testsize", "test"},
    {"validationsplit", "test"},
    {"validationfraction", "test"},
    {"holdout", "test"},
    {"normalize", "scale"},
    {"standardize", "scale"},
    {"scaler", "scale"},
    {"initializer", "init"},
    {"kernelinitializer", "init"},
    {"decay", "weight-decay"},
    {"niternochange", "patience"},
    {"tol", "min-delta"},
    {"dtype", "precision"},
    {"delimiter", "separator"},
    {"delim", "separator"},
    {"sep", "separator"},
    {"na", "missing"},
    {"impute", "missing"},
    {"fillna", "missing"},
    {"columns", "features"},
    {"usecols", "features"},
    {"onehot", "encode"},
    {"label", "target"},
    {"ycolumn", "target"},
    {"out", "output"},
    // words for scalings, tasks and the like
    {"standardscaler", "standard"},
    {"zscore", "standard"},
    {"minmaxscaler", "min-max"},
    {"double", "float64"},
    {"float", "float32"},
    {"classify", "classification"},
    {"regress", "regression"},
});

/// The letters and digits of a word, in lower case: `kaiming_uniform_`, `--learning-rate`.
std::string bare(std::string_view word) {
  std::string letters;
  for (const char c : word) {
    if (c >= 'A' && c <= 'Z') letters += static_cast<char>(c - 'A' + 'a');
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) letters += c;
  }
  return letters;
}

}  // namespace

std::string hinted(std::string_view word, const std::vector<std::string>& known) {
  constexpr std::size_t longest = 60;  // no name has as many characters
  if (word.empty() || word.size() > longest) return "";
  const std::string meant = bare(word);
  if (meant.empty()) return "";
  const auto called = [&](std::string_view name) {
    const std::string letters = bare(name);
    const auto found =
        std::find_if(known.begin(), known.end(), [&](auto& candidate) { return bare(candidate) == letters; });
    return found == known.end() ? std::string() : *found;
  };
  if (std::string name = called(meant); !name.empty()) return name;
  for (const Hint& hint : kHints)
    if (hint.theirs == meant)
      if (std::string name = called(hint.ours); !name.empty()) return name;
  return "";
}

}  // namespace gradus
