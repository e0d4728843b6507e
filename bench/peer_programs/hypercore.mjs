// One turn of hypercore: node hypercore.mjs WORK PAYLOAD_FILE NUMBER BATCH MODULES
// Prints operations per second as one JSON line.
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const [work, payloadFile, number, batch, modules] = process.argv.slice(2)
const require = createRequire(join(modules, 'package.json'))
const Hypercore = require('hypercore')
const { version } = require('hypercore/package.json')
const payload = readFileSync(payloadFile)
const one = Number(number)
const many = Number(batch)

const rate = async (count, action) => {
  const start = process.hrtime.bigint()
  await action()
  return count / (Number(process.hrtime.bigint() - start) / 1e9)
}

const core = new Hypercore(join(work, 'core'))
await core.ready()
const byOne = await rate(one, async () => {
  for (let place = 0; place < one; place++) await core.append(payload)
})
const blocks = Array.from({ length: many }, () => payload)
const byBatch = await rate(many, () => core.append(blocks))
if (core.length !== one + many) throw new Error(`${core.length} blocks`)
await core.close()

const found = { append_one: byOne, append_batch: byBatch }
console.log(JSON.stringify({ version, batch: many, per_second: found }))
