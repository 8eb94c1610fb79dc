// The string and bytes literals of Python, as RWKV's vocabulary file writes its tokens.
#pragma once

#include <string>
#include <string_view>

namespace rwkv {

/// The bytes that a literal stands for: '…' and "…" give UTF-8, b'…' and b"…" give the bytes themselves. Escapes:
/// \\ \' \" \a \b \f \n \r \t \v, octal, \xHH and, in strings, \uHHHH and \UHHHHHHHH. Nothing is ever evaluated.
/// Throws std::invalid_argument that says what is wrong; raw, formatted and triple-quoted literals are refused.
std::string parse_python_literal(std::string_view literal);

}   // namespace rwkv
