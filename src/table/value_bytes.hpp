#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.hpp"
#include "model/value.hpp"

/// Values as the table holds them: 64 bits in the slot, bytes in the area.
/// Threads: any
/// On disk: docs/formats/table.md
namespace tagwerk::table {

/// The slot's word of a value that needs no area; 0 for the others.
std::uint64_t inline_bits(const model::Value& value);

/// The area bytes of a text or array: a view into the value where it can be, else into `scratch`.
base::ByteView area_bytes(const model::Value& value, base::Bytes& scratch);

/// The value again. Bytes that do not fit the type (a damaged segment) give null.
model::Value make_value(model::Type type, std::uint64_t bits, base::ByteView bytes);

}  // namespace tagwerk::table
