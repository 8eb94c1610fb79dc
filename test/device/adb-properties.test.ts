import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseAnswers, propertiesOf } from '../../device/adb-properties.ts';

const PHONE = `state-id=00ff
machine=aarch64
kernel=Linux 6.1.57-android14
ro.soc.model=SM8650
ro.board.platform=pineapple
ro.product.cpu.abi=arm64-v8a
ro.product.manufacturer=Xiaomi
ro.product.model=23127PN0CC
ro.build.version.release=14
ro.build.id=UKQ1.230804.001
`;

const without = (text: string, name: string): string =>
  text
    .split('\n')
    .filter((line) => !line.startsWith(name))
    .join('\n');

test('a phone is an Android target with its SoC, model and build', () => {
  const properties = propertiesOf('R5', parseAnswers(PHONE));
  assert.equal(properties, {
    ok: true,
    value: {
      kind: 'adb',
      serial: 'R5',
      soc: 'SM8650',
      model: 'Xiaomi 23127PN0CC',
      operatingSystem: 'Android 14 UKQ1.230804.001 (Linux 6.1.57-android14)',
      target: 'aarch64-android',
      stateId: '00ff',
      emulated: false,
    },
  });
});

test('a phone before Android 12 is known by its platform', () => {
  const properties = propertiesOf('R5', parseAnswers(without(PHONE, 'ro.soc.model')));
  assert.is(properties.ok && properties.value.soc, 'SM8650');
});

test('the bin of a chip is not its name', () => {
  const soc = (named: string) => {
    const properties = propertiesOf('R5', parseAnswers(PHONE.replace('SM8650', named)));
    return properties.ok ? properties.value.soc : '';
  };
  assert.is(soc('SM8750-AC'), 'SM8750');
  assert.is(soc('sa8295p'), 'SA8295P');
});

test('a board without getprop is asked for what its kernel shows', () => {
  const answers = parseAnswers(
    'state-id=1\nmachine=aarch64\nkernel=Linux 6.6\nsoc0/machine=QCS6490\nboard=Thundercomm RB3\nsystem=Yocto 5\n',
  );
  const properties = propertiesOf('B', answers);
  assert.ok(properties.ok);
  if (!properties.ok) return;
  assert.is(properties.value.target, 'aarch64-linux');
  assert.is(properties.value.soc, 'QCS6490');
  assert.is(properties.value.model, 'Thundercomm RB3');
  assert.is(properties.value.operatingSystem, 'Yocto 5 (Linux 6.6)');
  assert.not.ok(properties.value.emulated);
});

test('an x86-64 machine behind adb can only be emulating the HTP', () => {
  const properties = propertiesOf('X', parseAnswers('state-id=1\nmachine=x86_64\nkernel=Linux 6\n'));
  assert.ok(properties.ok && properties.value.emulated);
  assert.is(properties.ok && properties.value.soc, 'unknown');
});

test('a device that nothing is built for is refused in words', () => {
  const android = propertiesOf('A', parseAnswers(PHONE.replace('arm64-v8a', 'x86_64')));
  assert.not.ok(android.ok);
  if (!android.ok) assert.match(android.failure.message, /device A is Android on x86_64/);
  const board = propertiesOf('B', parseAnswers('state-id=1\nmachine=riscv64\n'));
  if (!board.ok) assert.match(board.failure.message, /device B is Linux on riscv64/);
});

test('a device that answered nothing is unavailable', () => {
  const properties = propertiesOf('A', parseAnswers(''));
  assert.is(!properties.ok && properties.failure.kind, 'device-unavailable');
});

test.run();
