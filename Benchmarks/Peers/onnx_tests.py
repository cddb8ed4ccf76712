"""ONNX Runtime's side of the tests in PeerTest.cs: each a graph of one operator. A product's factors are both inputs, not packed ahead."""
import math

import numpy as np
import onnxruntime
from onnx import TensorProto, helper

operands = 0


def operand(*shape, scale=1.0):
    """PeerTest.Numbers."""
    global operands
    i = np.arange(math.prod(shape), dtype=np.int64)
    x = ((7919 * i + 104729 * operands + 13) % 10007) / 2500 - 2
    operands += 1
    return (scale * x).astype(np.float32).reshape(shape)


def graph(op, inputs, shape, domain='', **attributes):
    """One run of an operator on these inputs."""
    names = [f'x{i}' for i in range(len(inputs))]
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, x.shape) for name, x in zip(names, inputs)]
    node = helper.make_node(op, names, ['y'], domain=domain, **attributes)
    body = helper.make_graph([node], op, values, [helper.make_tensor_value_info('y', TensorProto.FLOAT, shape)])
    model = helper.make_model(body, opset_imports=[helper.make_opsetid('', 17), helper.make_opsetid('com.microsoft', 1)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = THREADS, 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=['CPUExecutionProvider'])
    binding, y = session.io_binding(), onnxruntime.OrtValue.ortvalue_from_shape_and_type(shape, np.float32)
    for name, x in zip(names, inputs):
        binding.bind_cpu_input(name, x)
    binding.bind_ortvalue_output('y', y)

    def run():
        session.run_with_iobinding(binding)
        return y
    return run


def product(words):
    a, b = words[1] == 'T', words[2] == 'T'
    m, n, k = (int(x) for x in words[3:6])
    factors = [operand(*((k, m) if a else (m, k))), operand(*((n, k) if b else (k, n)))]
    return graph('Gemm', factors, (m, n), transA=int(a), transB=int(b)) if a or b else graph('MatMul', factors, (m, n))


def attention(name, batch, heads, length, size):
    """Its operator takes (b, t, h d): the same numbers in another order."""
    parts = [operand(batch, heads, length, size).transpose(0, 2, 1, 3).reshape(batch, length, heads * size) for _ in range(3)]
    run = graph('MultiHeadAttention', [np.ascontiguousarray(x) for x in parts], parts[0].shape, 'com.microsoft', num_heads=heads,
                unidirectional=int(name == 'sdpac'))
    return run, lambda y: y.reshape(batch, length, heads, size).transpose(0, 2, 1, 3)


def lstm(steps, batch, inputs, hidden):
    """PyTorch's gates are i, f, g, o; ONNX's i, o, f, c."""
    def gates(x):
        i, f, g, o = np.split(x, 4)
        return np.concatenate([i, o, f, g])

    w, r = (gates(operand(4 * hidden, n, scale=0.05))[None] for n in (inputs, hidden))
    b = np.concatenate([gates(operand(4 * hidden, scale=0.05)) for _ in range(2)])[None]
    return graph('LSTM', [operand(steps, batch, inputs), w, r, b], (steps, 1, batch, hidden), hidden_size=hidden)


def prepare(words):
    global operands, order
    operands, order = 0, lambda y: y
    name, sizes = words[0], [int(word) for word in words[1:] if word.isdigit()]
    microsoft = {'gelu': 'Gelu', 'gelutanh': 'FastGelu'}
    if name == 'sgemm':
        return product(words)
    if name == 'softmax':
        return graph('Softmax', [operand(*sizes)], sizes, axis=-1)
    if name == 'layernorm':
        return graph('LayerNormalization', [operand(*sizes), operand(sizes[1]), operand(sizes[1])], sizes, axis=-1)
    if name in ('exp', 'tanh', 'sigmoid'):
        return graph(name.capitalize(), [operand(*sizes)], sizes)
    if name in microsoft:
        return graph(microsoft[name], [operand(*sizes)], sizes, 'com.microsoft')
    if name == 'add':
        return graph('Add', [operand(*sizes), operand(*sizes)], sizes)
    if name in ('sdpa', 'sdpac'):
        run, order = attention(name, *sizes)
        return run
    return lstm(*sizes) if name == 'lstm' else None


serve(f'ONNX Runtime {onnxruntime.__version__}', prepare, lambda y: order(y.numpy()).astype(np.float64).ravel())
