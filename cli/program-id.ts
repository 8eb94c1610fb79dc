declare const PROGRAM_ID: string | undefined;

/** The version of rwkv-build by the content of its sources; `npm run build` puts it in. */
export const programId: string = typeof PROGRAM_ID === 'undefined' ? 'sources' : PROGRAM_ID;
