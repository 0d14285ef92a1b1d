// SPDX-License-Identifier: MIT
// Handwritten digits by a small convolutional network: 8 x 8 pixels, a fifth of the pictures held out.
#include <cstdio>
#include <gradus/data/dataset.hpp>
#include <gradus/data/split.hpp>
#include <gradus/lab/data/source.hpp>
#include <gradus/metrics/metrics.hpp>
#include <gradus/nn/initializer.hpp>
#include <gradus/nn/pass.hpp>
#include <gradus/train/fit.hpp>

int main() {
  using namespace gradus;
  RandomState random(2);
  TrainTest parts = split(load_data("digits"), 0.2, random, true);
  for (Dataset* part : {&parts.train, &parts.test})
    for (double& pixel : part->x.values()) pixel /= 16;  // from 0 to 1

  const Network network =
      parse_network("1x8x8-conv16k3p1relu-maxpool2-conv32k3p1relu-maxpool2-64relu-dropout0.4-10softmax");
  std::vector<double> theta = initial_parameters(network, parse_initializer("he"), random);
  FitOptions options;
  options.optimizer = Adam{.learning_rate = 0.003};
  options.schedule = parse_schedule("cosine:epochs=30");
  options.epochs = 30;
  options.record_every = -1;
  fit(network, theta, {parts.train.x, one_hot(parts.train.labels, 10)}, options, random);

  const double right = accuracy(predicted_classes(predict(network, theta, parts.test.x)), parts.test.labels);
  std::printf("%td parameters, %td digits to learn from, %td held out\n", network.parameter_count(), parts.train.size(),
              parts.test.size());
  std::printf("at least 98.5 %% of those held out are read rightly: %s\n", right >= 0.985 ? "yes" : "no");
}
