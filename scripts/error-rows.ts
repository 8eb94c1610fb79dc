import { writeFile } from 'node:fs/promises';
import { ERROR_TABLE, type ErrorEntry } from '../tasks/qnn-errors/error-table.ts';

const HEAD = `// QNN's errors in words: tasks/qnn-errors/error-table.ts as C++. \`npm run build\` writes it; change the table there.
#pragma once

#include <array>
#include <cstdint>

namespace rwkv {

struct QnnErrorRow {
  std::array<std::uint32_t, 2> codes;   // 0: none
  const char* log;                      // a regular expression, or "" for any log
  const char* operation;                // one whose group is the operation at fault, or ""
  const char* cause;
  const char* hint;
};

// clang-format off
inline constexpr std::array qnn_error_rows{
`;

const TAIL = `};
// clang-format on

}   // namespace rwkv
`;

/** Writes the table of errors as the header that the C++ programs are compiled with. */
export async function writeErrorRows(path: string): Promise<void> {
  await writeFile(path, HEAD + ERROR_TABLE.map(row).join('') + TAIL);
}

function row({ name, codes = [], log = '', operation = '', cause, hint }: ErrorEntry): string {
  const [first = 0, second = 0, ...more] = codes;
  if (more.length > 0) throw new Error(`the entry ${name} has more codes than a row holds`);
  // A JSON text of ASCII is a C++ one.
  const texts = [log, operation, cause, hint].map((text) => `        ${JSON.stringify(text)}`);
  return `    // ${name}\n    QnnErrorRow{{${first}, ${second}},\n${texts.join(',\n')}},\n`;
}
