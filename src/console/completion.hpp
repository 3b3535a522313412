#pragma once

namespace tagwerk::console {

class CommandLine;

/// Whether the shell asks: `tagwerk __complete WORD…`, what was typed so far without "tagwerk"; the
/// last word is the one to complete.
bool is_completion(int argc, const char* const* argv);

/// Prints what the last word can become, one per line: commands, options, and for a tag's path or a
/// connector what the server of `tagwerk login` or TAGWERK_URL has. Nothing when that does not
/// answer at once: the shell then offers files.
/// Returns: exit code
int complete(const CommandLine& line, int argc, const char* const* argv);

}  // namespace tagwerk::console
