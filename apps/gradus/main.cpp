// SPDX-License-Identifier: MIT
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>

#include "apps/gradus/commands.hpp"

namespace {

int run(int argc, char** argv) {
  using namespace gradus::cli;
  Program program;
  add_study_command(program);
  add_data_command(program);
  add_train_command(program);
  add_validate_command(program);
  add_sweep_command(program);
  add_predict_command(program);
  add_plot_command(program);
  add_show_command(program);
  add_importance_command(program);
  add_compare_command(program);
  add_export_command(program);
  add_import_command(program);
  add_check_command(program);
  add_explain_command(program);
  add_quiz_command(program);
  add_run_command(program);
  add_resume_command(program);
  add_rewind_command(program);
  add_branch_command(program);
  add_page_command(program);
  return program.run(argc, argv);
}

/// Libraries that we use ask for memory where nothing may be thrown (nlohmann-json 3.11 as it destroys a value): there
/// is then no way back to `guarded`, but the same word to be said. Whatever was being written is swept later.
[[noreturn]] void end() {
  try {
    if (const std::exception_ptr error = std::current_exception()) std::rethrow_exception(error);
  } catch (const std::bad_alloc&) {
    std::fputs("gradus: not enough memory\n", stderr);
    std::_Exit(gradus::cli::Exit::failure);
  } catch (...) {
    // A fault of ours: the core is more help than a word.
  }
  std::abort();
}

}  // namespace

int main(int argc, char** argv) {
  // A limit on file sizes is then an error of the write, as a full disk is, and not the end of the program.
  std::signal(SIGXFSZ, SIG_IGN);
  std::set_terminate(end);
  return gradus::cli::guarded(run, argc, argv);
}
