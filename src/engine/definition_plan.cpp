// SPDX-License-Identifier: MIT
#include "engine/definition_plan.hpp"

namespace gradus::engine {

template class DefinitionPlan<float>;
template class DefinitionPlan<double>;

}  // namespace gradus::engine
