import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { describeListed, parseListing } from '../../device/adb-listing.ts';

const OUTPUT = `* daemon not running; starting now at tcp:5037
* daemon started successfully
List of devices attached
R5CT1234               device usb:1-2 product:dm3qxxx model:SM_S918B device:dm3q transport_id:4
localhost:6603         offline transport_id:1
0a388e93               unauthorized usb:1-1 transport_id:3
18b2                   no permissions (user in plugdev group; are your udev rules wrong?); see [http://developer.android.com/tools/device.html] usb:3-1 transport_id:9
(no serial number)     recovery transport_id:7

`;

test('serial, state and model of every device are read, and the talk of the server is not a device', () => {
  assert.equal(parseListing(OUTPUT), [
    { serial: 'R5CT1234', state: 'device', model: 'SM S918B' },
    { serial: 'localhost:6603', state: 'offline', model: '' },
    { serial: '0a388e93', state: 'unauthorized', model: '' },
    { serial: '18b2', state: 'no permissions', model: '' },
    { serial: '(no serial number)', state: 'recovery', model: '' },
  ]);
});

test('lines end with a carriage return on some machines', () => {
  assert.equal(parseListing('List of devices attached\r\nA\tdevice\r\n\r\n'), [
    { serial: 'A', state: 'device', model: '' },
  ]);
});

test('what is no list holds no devices', () => {
  assert.equal(parseListing('List of devices attached\n\n'), []);
  assert.equal(parseListing(''), []);
  assert.equal(parseListing('adb: unknown command devices'), []);
});

test('a usable device is described by its model, another one by its state too', () => {
  assert.is(describeListed({ serial: 'A', state: 'device', model: '' }), 'A');
  assert.is(describeListed({ serial: 'A', state: 'device', model: 'SM 1' }), 'A (SM 1)');
  assert.is(describeListed({ serial: 'A', state: 'offline', model: 'SM 1' }), 'A (SM 1, offline)');
});

test.run();
