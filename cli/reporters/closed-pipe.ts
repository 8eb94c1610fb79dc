import { errorCode } from '../../cache/storage-failure.ts';

/** What a shell says of a program that SIGPIPE ended. */
const ENDED_BY_SIGPIPE = 141;

/** Ends the program when nobody reads what it writes any more (`… --json | head`), without a word. */
export function endOnClosedPipe(stream: NodeJS.WriteStream): void {
  stream.on('error', (error) => {
    if (errorCode(error) !== 'EPIPE') throw error;
    process.exit(ENDED_BY_SIGPIPE);
  });
}
