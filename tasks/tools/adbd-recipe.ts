/** How adbd is made of Debian's source package: what is fetched, changed, compiled and linked. */

/** Packages of Debian 12 with their versions: they say what is built, and key the folder that it is kept in. */
export const ADBD_SOURCE = 'android-platform-tools=29.0.6-28';
/** Android's fork of OpenSSL, which adbd checks keys with. */
export const ADBD_LIBRARIES = ['android-libboringssl=13.0.0+r24-2', 'android-libboringssl-dev=13.0.0+r24-2'];

export interface SourceEdit {
  /** Relative to the source package. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

export const ADBD_EDITS: readonly SourceEdit[] = [
  {
    // The loop that listens takes an errno that a look-up of `localhost` left for a failure of its own, and ends.
    file: 'system/core/adb/transport_local.cpp',
    find: 'serverfd = listen_func(addr, &error);',
    replace: 'serverfd = listen_func(addr, &error); if (serverfd >= 0) errno = 0;',
  },
  {
    // clang's checks of locks, which g++ does not have.
    file: 'system/core/base/include/android-base/thread_annotations.h',
    find: 'THREAD_ANNOTATION_ATTRIBUTE__(x) __attribute__((x))',
    replace: 'THREAD_ANNOTATION_ATTRIBUTE__(x)',
  },
];

const words = (text: string): readonly string[] => text.split(/\s+/).filter((word) => word !== '');

/** Files by folder of the source package; without an ending they are C++. */
const SOURCES: Readonly<Record<string, readonly string[]>> = {
  'system/core/adb': words(`
    adb adb_io adb_listeners adb_trace adb_unique_fd adb_utils fdevent/fdevent fdevent/fdevent_poll
    fdevent/fdevent_epoll services sockets socket_spec sysdeps/errno transport transport_fd transport_local
    transport_usb types sysdeps_unix sysdeps/posix/network shell_service_protocol daemon/auth daemon/jdwp_service
    daemon/usb_dummy daemon/file_sync_service daemon/services daemon/shell_service daemon/main
    adbconnection/adbconnection_server`),
  'system/core/diagnose_usb': ['diagnose_usb'],
  'system/core/libasyncio': ['AsyncIO'],
  'system/core/libcrypto_utils': ['android_pubkey.c'],
  'frameworks/native/libs/adbd_auth': ['adbd_auth'],
  'system/core/base': words(`
    abi_compatibility chrono_utils cmsg file liblog_symbols logging mapped_file parsebool parsenetaddress process
    properties stringprintf strings threads errors_unix`),
  'system/core/libcutils': words(`
    fs hashmap multiuser socket_inaddr_any_server_unix socket_local_client_unix socket_local_server_unix
    socket_network_client_unix sockets sockets_unix canned_fs_config fs_config load_file threads trace-host
    strlcpy.c`),
  'system/core/liblog': words(`
    log_event_list log_event_write logger_name logger_read logger_write logprint properties event_tag_map`),
};

/** Of the source package. */
const INCLUDES = words(`
  system/core/adb system/core/adb/daemon/include system/core/adb/adbconnection/include system/core/base/include
  system/core/libcutils/include system/core/include system/core/liblog/include system/core/libcrypto_utils/include
  system/core/diagnose_usb/include system/core/libasyncio/include system/core/qemu_pipe/include
  frameworks/native/libs/adbd_auth/include`);

const DEFINES = words(`
  _GNU_SOURCE ADB_HOST=0 ALLOW_ADBD_ROOT=1 ALLOW_ADBD_NO_AUTH FAKE_LOG_DEVICE=1 LIBLOG_LOG_TAG=1006
  SNET_EVENT_LOG_TAG=1397638484 _FILE_OFFSET_BITS=64 ADB_VERSION="29.0.6" PLATFORM_TOOLS_VERSION="29.0.6"`);

/** The folders that a build of adbd has to do with. */
export interface AdbdFolders {
  /** The unpacked source package. */
  readonly source: string;
  /** Where the libraries' packages were unpacked. */
  readonly libraries: string;
  /** Our own part: `main.cpp`, `sha256sum.cpp` and a header. */
  readonly own: string;
  readonly objects: string;
}

/** The programs that come of it. */
export type PhoneProgram = 'adbd' | 'sha256sum';

export interface Compilation {
  /** The program that it is a part of. */
  readonly program: PhoneProgram;
  readonly object: string;
  readonly command: readonly string[];
}

/** The commands that compile, one a file, and the name of the object that each writes. */
export function adbdCompilations(folders: AdbdFolders): readonly Compilation[] {
  const { source, libraries, own, objects } = folders;
  const common = [
    ...['-O2', '-w', '-fcommon'],
    ...DEFINES.map((name) => `-D${name}`),
    `-I${own}`,
    ...INCLUDES.map((folder) => `-I${source}/${folder}`),
    `-I${libraries}/usr/include/android`,
  ];
  const files = Object.entries(SOURCES).flatMap(([folder, names]) =>
    names.map((name) => `${folder}/${name}`),
  );
  const compile = (program: PhoneProgram, file: string, name: string, flags: readonly string[]) => {
    const object = `${objects}/${name.replaceAll('/', '-')}.o`;
    const compiler = file.endsWith('.c') ? ['gcc'] : ['g++', '-std=c++20'];
    return { program, object, command: [...compiler, ...common, ...flags, '-c', file, '-o', object] };
  };
  return [
    compile('sha256sum', `${own}/sha256sum.cpp`, 'sha256sum', []),
    compile('adbd', `${own}/main.cpp`, 'main', []),
    ...files.map((name) => {
      const file = /\.c$/.test(name) ? name : `${name}.cpp`;
      return compile('adbd', `${source}/${file}`, name, flagsOf(name));
    }),
  ];
}

function flagsOf(name: string): readonly string[] {
  if (name.endsWith('/adbd_auth')) return ['-include', 'atomic', '-include', 'optional'];
  if (!name.startsWith('system/core/adb/')) return [];
  const strict = '-DANDROID_BASE_UNIQUE_FD_DISABLE_IMPLICIT_CONVERSION=1';
  return name.endsWith('/daemon/main') ? [strict, '-Dmain=adbd_main_of_android'] : [strict];
}

/** The library of both lies beside them in the folder that they are put into. */
export const ADBD_LIBRARY = 'libcrypto.so.0';

/** The commands that link, one a program, into a folder. */
export function adbdLinks(folders: AdbdFolders, to: string): readonly (readonly string[])[] {
  const library = `${folders.libraries}/usr/lib/x86_64-linux-gnu/android/${ADBD_LIBRARY}`;
  return (['adbd', 'sha256sum'] as const).map((program) => {
    const parts = adbdCompilations(folders).filter((compilation) => compilation.program === program);
    const libraries = [library, '-Wl,-rpath,$ORIGIN', '-pthread', '-lutil', '-lresolv'];
    return ['g++', '-s', '-o', `${to}/${program}`, ...parts.map(({ object }) => object), ...libraries];
  });
}
