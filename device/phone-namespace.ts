import { shellQuote } from './shell-quote.ts';

/** Where a phone has its adbd. */
export const ADBD = '/system/adbd/adbd';

/** What a phone's namespace is made of. Paths are absolute. */
export interface PhonePlaces {
  /** An empty folder that the phone's root is mounted on, in the namespace alone. */
  readonly root: string;
  /** The folder with adbd and its library. */
  readonly adbd: string;
  /** What stands for its storage, `/data`. */
  readonly data: string;
  /** The folder with `adb_keys`: the public keys of the computers that may use it, when it asks for one. */
  readonly keys: string;
  /** Its properties, a `name=value` a line. */
  readonly properties: string;
  readonly name: string;
  /** The size of its storage, which is then memory; else it is `data` with what the disk has free. */
  readonly spaceBytes?: number;
}

/**
 * The command that starts a phone: Linux's namespaces for its users, mounts, processes and name, which no right is
 * needed for. All of it ends when the program that started it does.
 */
export const PHONE_NAMESPACE: readonly string[] = [
  ...['setpriv', '--pdeathsig', 'KILL'],
  ...['unshare', '--user', '--map-root-user', '--mount', '--pid', '--uts', '--fork', '--kill-child'],
];

/** The devices that a phone's programs get of this machine. */
const DEVICES = ['null', 'zero', 'random', 'urandom', 'tty'];

/** A phone has Android's command for its properties. */
const GETPROP = `#!/bin/sh
[ $# = 0 ] && exec sed 's/^\\([^=]*\\)=\\(.*\\)/[\\1]: [\\2]/' /system/build.prop
sed -n "s/^$1=//p" /system/build.prop
`;

/**
 * The script that makes the root of a phone and becomes its first process. Its system is this machine's /usr,
 * read-only; only /data can be written. As a phone's init does, it starts adbd again when that has ended.
 */
export function phoneScript(places: PhonePlaces): string {
  const { root, adbd, data, keys, properties, name, spaceBytes } = places;
  return [
    'set -e',
    `mount -t tmpfs -o mode=755 phone ${shellQuote(root)}`,
    `cd ${shellQuote(root)}`,
    'mkdir usr dev proc data etc system system/bin system/adbd',
    // What forbids programs or devices on this machine's mount must be said again, or the kernel refuses.
    'share() { mount --rbind "$1" "$2"',
    '  mount -o remount,bind,ro "$2" 2>/dev/null || mount -o remount,bind,ro,nosuid,nodev "$2"; }',
    'share /usr usr',
    'for folder in bin sbin lib lib64; do',
    '  if [ -L /$folder ]; then cp -P /$folder $folder',
    '  elif [ -d /$folder ]; then mkdir $folder; share /$folder $folder; fi',
    'done',
    'for part in alternatives ld.so.cache os-release; do',
    '  if [ -d /etc/$part ]; then mkdir etc/$part; share /etc/$part etc/$part',
    '  elif [ -f /etc/$part ]; then cp -L /etc/$part etc/$part; fi',
    'done',
    "printf 'root:x:0:0:root:/data/local/tmp:/bin/sh\\n' >etc/passwd",
    "printf 'root:x:0:\\n' >etc/group",
    `share ${shellQuote(adbd)} system/adbd`,
    'ln -s ../adbd/sha256sum system/bin/sha256sum',
    `cp ${shellQuote(properties)} system/build.prop`,
    `printf %s ${shellQuote(GETPROP)} >system/bin/getprop`,
    'chmod 755 system/bin/getprop',
    spaceBytes === undefined
      ? `mount --bind ${shellQuote(data)} data`
      : `mount -t tmpfs -o mode=755,size=${spaceBytes} data data`,
    'mkdir -p data/local/tmp data/misc/adb',
    `mount --bind ${shellQuote(keys)} data/misc/adb`,
    'mount -t tmpfs -o mode=755 dev dev',
    'mkdir dev/pts dev/shm',
    `for device in ${DEVICES.join(' ')}; do : >dev/$device; mount --bind /dev/$device dev/$device; done`,
    'mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts',
    'ln -s pts/ptmx dev/ptmx',
    'mount -t tmpfs -o mode=1777 shm dev/shm',
    'mount -t proc proc proc',
    'mount -o remount,ro,mode=755 phone .',
    `hostname ${shellQuote(name)}`,
    `exec chroot . /usr/bin/env -i ${PHONE_ENVIRONMENT.join(' ')} /bin/sh -c ${shellQuote(INIT)}`,
  ].join('\n');
}

const PHONE_ENVIRONMENT = [
  'PATH=/system/bin:/usr/bin:/bin',
  'HOME=/data/local/tmp',
  'TMPDIR=/data/local/tmp',
  'LANG=C.UTF-8',
  'ADBD_PROPERTIES=/system/build.prop',
];

const INIT = `cd /; while :; do ${ADBD}; sleep 0.2; done`;
