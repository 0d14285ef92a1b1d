// SPDX-License-Identifier: MIT
#include "apps/gradus/commands.hpp"

int main(int argc, char** argv) {
  using namespace gradus::cli;
  Program program;
  add_study_command(program);
  add_data_command(program);
  add_train_command(program);
  add_sweep_command(program);
  add_predict_command(program);
  add_plot_command(program);
  add_show_command(program);
  add_check_command(program);
  add_run_command(program);
  return program.run(argc, argv);
}
