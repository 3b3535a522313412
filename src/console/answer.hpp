#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/document.hpp"

/// What commands read out of a server's JSON.
namespace tagwerk::console {

/// The text of a member; "" when there is none, or it is null or no scalar.
std::string text_of(const model::Node& object, std::string_view key);
std::int64_t integer_of(const model::Node& object, std::string_view key);
bool is_true(const model::Node& object, std::string_view key);
/// The items of a member; none when it is no list.
const std::vector<model::Node>& items_of(const model::Node& object, std::string_view key);
/// A value for people: a text without quotes, null as "-".
std::string plain(const model::Node* value);

/// "{"items":[…]}" on standard output, for --json.
void print_items(const std::vector<model::Node>& items);
/// Any JSON on a line of standard output.
void print_json(const model::Node& document);

}  // namespace tagwerk::console
