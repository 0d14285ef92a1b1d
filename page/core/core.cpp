// SPDX-License-Identifier: MIT
// The worker's side of the boundary: a message comes as JSON, its answer goes as JSON, and what is many numbers lies in
// a buffer beside it. The messages are those of page/src/core.ts.
#include <emscripten.h>

#include <memory>

#include "gradus/core/error.hpp"
#include "gradus/lab/figure/mathml.hpp"
#include "gradus/lab/model/model_file.hpp"
#include "page/core/session.hpp"

namespace gradus::page {
namespace {

/// The runs that are held, by the numbers that the page knows them by.
class Desk {
 public:
  Json answer(const Json& message, Bytes& bytes) {
    const std::string what = message.at("do");
    if (what == "offer") return offer();
    if (what == "formula") return {{"mathml", to_mathml(message.at("tex").get<std::string>(), true)}};
    if (what == "shape") return shape(message);
    if (what == "open_model") return open_model(message);
    if (what == "create") return create(message);
    Session& session = *sessions_.at(message.at("run").get<int>());
    if (what == "close") return close(message);
    if (what == "branch") return hold(session.branch());
    if (Json answer; moves(what, session, message, answer)) return answer;
    return shows(what, session, message, bytes);
  }

 private:
  static Index index(const Json& message, const char* name) { return message.at(name).get<Index>(); }

  Json create(const Json& message) {
    const Experiment experiment = message.contains("toml")
                                      ? parse_experiment(message.at("toml").get<std::string>(), message.at("name"))
                                      : experiment_of(message.at("keys"));
    const ExperimentSource source = source_of(experiment);
    Session session(run_of(experiment, source));
    if (const auto frame = message.find("frame"); frame != message.end())
      session.frame = Area{frame->at(0), frame->at(1), frame->at(2), frame->at(3)};
    Json answer = hold(std::move(session));
    answer["words"] = source.words;
    return answer;
  }

  /// What the data is like, of which no run is made yet.
  static Json shape(const Json& message) {
    const ExperimentSource source = source_of(experiment_of(message.at("keys")));
    const Dataset& data = source.data;
    return {{"samples", data.size()},
            {"features", data.features()},
            {"classes", data.classes()},
            {"outputs", data.is_classification() ? data.classes() : data.targets.cols()},
            {"words", source.words}};
  }

  /// The keys of an experiment that goes on from a model file.
  static Json open_model(const Json& message) {
    const std::string name = message.at("name");
    const Model model = load_model(name);
    if (model.experiment.empty())
      throw ValueError(name + ": expected a model that says what it was trained on, got one that does not");
    Experiment experiment = parse_experiment(model.experiment, name);
    experiment.from = name;
    experiment.scale = experiment.scale_target = std::nullopt;
    experiment.scale_by_spread = experiment.scale_target_by_spread = false;
    experiment.updates = 0;
    return {{"keys", keys_of(experiment)}};
  }

  static ExperimentSource source_of(const Experiment& experiment) {
    try {
      return load_source(experiment);
    } catch (const ParseError& error) {
      throw FieldError{"data.source", error.what(), static_cast<std::int64_t>(error.position())};
    } catch (const Error& error) {
      throw FieldError{"data.source", error.what()};
    }
  }

  static LiveRun run_of(const Experiment& experiment, const ExperimentSource& source) {
    try {
      return LiveRun(experiment, source);
    } catch (const ShapeError& error) {
      throw FieldError{"network.layers", error.what()};
    }
  }

  Json hold(Session session) {
    const int number = next_++;
    Session& held = *sessions_.emplace(number, std::make_unique<Session>(std::move(session))).first->second;
    return {{"run", number}, {"about", held.description()}, {"standing", held.standing()}};
  }

  Json close(const Json& message) {
    sessions_.erase(message.at("run").get<int>());
    return Json::object();
  }

  /// What moves a run is answered by where it then stands.
  static bool moves(const std::string& what, Session& session, const Json& message, Json& answer) {
    bool arrived = true;
    if (what == "advance") {
      session.advance(message.at("milliseconds"), index(message, "updates"));
    } else if (what == "approach") {
      arrived = session.approach(index(message, "update"), message.at("milliseconds"));
    } else if (what == "change") {
      session.run().change(experiment_of(message.at("keys")));
      session.changed();
    } else if (what == "set") {
      session.run().set_parameter(index(message, "parameter"), message.at("value"));
      session.changed();
    } else if (what != "standing") {
      return false;
    }
    answer = session.standing();
    answer["arrived"] = arrived;
    return true;
  }

  static Json shows(const std::string& what, Session& session, const Json& message, Bytes& bytes) {
    if (what == "curve") return session.curve().write(bytes), Json::object();
    if (what == "theta") return write_theta(session, bytes), Json::object();
    if (what == "sha256") return {{"sha256", parameters_sha256(session.model())}, {"update", session.run().updates()}};
    if (what == "proof") return proof_of(session);
    if (what == "chain") return chain_of(session, index(message, "sample"), message.at("weight"));
    if (what == "take") return take(session, bytes);
    const Index a = index(message, "a"), b = index(message, "b");
    if (what == "points") return write_points(session, a, b, bytes), axes_of(session, a, b);
    if (what == "field") return write_field(session, a, b, index(message, "size"), bytes);
    if (what == "units") return write_units(session, a, b, index(message, "size"), bytes);
    throw ValueError("expected a message that is known, got '" + what + "'");
  }

  /// What repeats a run elsewhere: its experiment, the command, and, as bytes, the model file.
  static Json take(Session& session, Bytes& bytes) {
    const Model model = session.run().model();
    const std::string file = to_model_file(model);
    bytes.assign(file.begin(), file.end());
    Experiment repeated = session.run().experiment();
    repeated.updates = session.run().updates();
    return {{"toml", to_toml(repeated)}, {"command", command_of(repeated)}, {"changes", session.run().changes()}};
  }

  std::map<int, std::unique_ptr<Session>> sessions_;
  int next_ = 1;
};

struct Boundary {
  Desk desk;
  std::string answer;
  Bytes bytes;
};

Boundary& boundary() {
  static Boundary the;
  return the;
}

Json error_json(const std::string& message, const std::string& key = "", std::int64_t position = -1) {
  return {{"error", {{"message", message}, {"key", key}, {"position", position}}}};
}

Json answer_or_error(const char* message, Bytes& bytes) {
  try {
    return boundary().desk.answer(Json::parse(message), bytes);
  } catch (const FieldError& error) {
    return error_json(error.message, error.key, error.position);
  } catch (const ParseError& error) {
    return error_json(error.what(), "", static_cast<std::int64_t>(error.position()));
  } catch (const std::bad_alloc&) {
    return error_json("not enough memory");
  } catch (const std::exception& error) {
    return error_json(error.what());
  }
}

}  // namespace
}  // namespace gradus::page

extern "C" {

/// The answer to a message; it stays until the next one.
EMSCRIPTEN_KEEPALIVE const char* page_answer(const char* message) {
  using namespace gradus::page;
  Boundary& the = boundary();
  the.bytes.clear();
  const Json answer = answer_or_error(message, the.bytes);
  the.answer = answer.dump(-1, ' ', false, Json::error_handler_t::replace);
  return the.answer.c_str();
}

EMSCRIPTEN_KEEPALIVE const std::uint8_t* page_bytes() { return gradus::page::boundary().bytes.data(); }
EMSCRIPTEN_KEEPALIVE int page_bytes_size() { return static_cast<int>(gradus::page::boundary().bytes.size()); }
}

int main() { return 0; }
