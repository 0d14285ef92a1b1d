// SPDX-License-Identifier: MIT
#pragma once

#include "apps/gradus/program.hpp"

namespace gradus::cli {

// In the order in which help lists them.
void add_study_command(Program& program);
void add_data_command(Program& program);
void add_train_command(Program& program);
void add_validate_command(Program& program);
void add_sweep_command(Program& program);
void add_predict_command(Program& program);
void add_plot_command(Program& program);
void add_show_command(Program& program);
void add_importance_command(Program& program);
void add_compare_command(Program& program);
void add_export_command(Program& program);
void add_import_command(Program& program);
void add_check_command(Program& program);
void add_explain_command(Program& program);
void add_quiz_command(Program& program);
void add_run_command(Program& program);
void add_resume_command(Program& program);
void add_rewind_command(Program& program);
void add_branch_command(Program& program);
void add_page_command(Program& program);

}  // namespace gradus::cli
