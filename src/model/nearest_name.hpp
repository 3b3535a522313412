#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tagwerk::model {

/// The candidate a person most likely meant, by edit distance; empty when none is near.
std::string_view nearest_name(std::string_view written, std::span<const std::string_view> names);
std::string_view nearest_name(std::string_view written, std::span<const std::string> names);

/// "; did you mean 'address'?" or, when nothing is near, "; use one of a, b, c" (twelve at most).
std::string suggestion(std::string_view written, std::span<const std::string_view> names);
std::string suggestion(std::string_view written, std::span<const std::string> names);

}  // namespace tagwerk::model
