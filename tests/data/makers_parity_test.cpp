// SPDX-License-Identifier: MIT
#include "gradus/data/linspace.hpp"
#include "gradus/data/makers.hpp"
#include "gradus/lab/data/source.hpp"
#include "tests/parity/reference.hpp"

namespace gradus {
namespace {

using nlohmann::json;
using parity::exact;
using parity::exact_list;

TEST(MakersParity, GiveWhatScikitLearnGivesIn200Settings) {
  const json reference = parity::reference("makers");
  ASSERT_EQ(reference.at("makers").size(), 200u);
  for (const json& setting : reference.at("makers")) {
    const std::string text = setting.at("text");
    SCOPED_TRACE(text);
    const Dataset data = load_data(text);
    EXPECT_EQ(data.x.rows(), setting.at("rows").get<Index>());
    EXPECT_EQ(data.x.cols(), setting.at("cols").get<Index>());
    EXPECT_EQ(data.labels, setting.at("labels").get<std::vector<int>>());
    // Blobs: centres within 30, deviations within 3, normals within 7 and 4 ULP apart: 4 ULP of 21, and half an ULP of
    // the sum, which is below 64. Moons and circles promise 1e-12.
    const double blobs = (4 * 21 + 64) * parity::kUlp;
    EXPECT_TRUE(
        parity::near(data.x.values(), exact_list(setting.at("x")), {text.starts_with("blobs") ? blobs : 1e-12, 0}));
  }
  for (const json& space : reference.at("linspace"))
    EXPECT_EQ(linspace(exact(space.at("start")), exact(space.at("stop")), space.at("n"), space.at("endpoint")),
              exact_list(space.at("values")));
  RandomState random(0);
  const Dataset curve = make_gaussian({}, random);
  EXPECT_EQ(curve.x.values(), exact_list(reference.at("gaussian").at("x")));
  EXPECT_TRUE(
      parity::near(curve.targets.values(), exact_list(reference.at("gaussian").at("y")), {0, 4 * parity::kUlp}));
}

}  // namespace
}  // namespace gradus
