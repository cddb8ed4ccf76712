"""PyTorch's side of the tests in PeerTest.cs: the same names, operands and results, each as PyTorch does it best."""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_num_threads(THREADS)
DEVICE = os.environ.get('DEVICE', 'cpu')        # cuda: where everything is made and done
if DEVICE != 'cpu':
    torch.set_default_device(DEVICE)
    torch.backends.cudnn.allow_tf32 = False
    torch.zeros(1)                              # ends here where there is no such device
operands = 0


def numbers(shape, scale=1.0):
    """PeerTest.Numbers."""
    global operands
    i = torch.arange(math.prod(shape), dtype=torch.int64)
    x = ((7919 * i + 104729 * operands + 13) % 10007).double() / 2500 - 2
    operands += 1
    return (scale * x).reshape(shape)


def operand(*shape, grad=False):
    return numbers(shape).float().requires_grad_(grad)


def ids(shape, limit):
    return ((numbers(shape) + 2) * 2500).round().long() % limit


def filled(model):
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(numbers(p.shape, 0.05))
    return model


def unrecorded(run):
    def f():
        with torch.no_grad():
            return run()
    return f


def gradients(run, leaves, seed):
    def f():
        for x in leaves:
            x.grad = None
        run().backward(seed)
        return [x.grad for x in leaves]
    return f


def product(words, dtype):
    m, n, k = (int(x) for x in words[3:6])
    a = numbers((k, m)).to(dtype).t() if words[1] == 'T' else numbers((m, k)).to(dtype)
    b = numbers((n, k)).to(dtype).t() if words[2] == 'T' else numbers((k, n)).to(dtype)
    out = torch.empty(m, n, dtype=dtype)
    return lambda: torch.mm(a, b, out=out)


def into(f, count):
    x, out = operand(count), torch.empty(count)
    return lambda: f(x, out=out)


def softmax(rows, size):
    x, out = operand(rows, size), torch.empty(rows, size)
    return lambda: torch.softmax(x, -1, out=out)


def softmax_backward(rows, size):
    y, g = torch.softmax(operand(rows, size), -1), operand(rows, size)
    return lambda: torch._softmax_backward_data(g, y, -1, torch.float32)


def layer_norm(rows, size):
    x, w, b = operand(rows, size), operand(size), operand(size)
    return lambda: F.layer_norm(x, (size,), w, b)


def layer_norm_backward(rows, size):
    x, w, b = operand(rows, size), operand(size), operand(size)
    _, mean, rstd = torch.native_layer_norm(x, (size,), w, b, 1e-5)
    g = operand(rows, size)
    return lambda: torch.ops.aten.native_layer_norm_backward(g, x, (size,), mean, rstd, w, b, [True, True, True])


def gelu(count, approximate='none'):
    x = operand(count)
    return lambda: F.gelu(x, approximate=approximate)


def gelu_backward(count):
    x, g = operand(count), operand(count)
    return lambda: torch.ops.aten.gelu_backward(g, x)


def add(count):
    x, y, out = operand(count), operand(count), torch.empty(count)
    return lambda: torch.add(x, y, out=out)


def copy(count):
    x, out = operand(count), torch.empty(count)
    return lambda: out.copy_(x)


def total(count):
    x = operand(count)
    return lambda: x.sum()


def attention(name, batch, heads, length, size):
    """sdpa is PyTorch's fused one, mha the same of single operations; c: causal; fb: forward and backward."""
    causal, backward = name.endswith('c'), 'fb' in name
    q, k, v = (operand(batch, heads, length, size, grad=backward) for _ in range(3))
    seed = operand(batch, heads, length, size)
    future = torch.ones(length, length, dtype=torch.bool).triu(1)

    def fused():
        return F.scaled_dot_product_attention(q, k, v, is_causal=causal)

    def single():
        scores = q @ k.transpose(-2, -1) / math.sqrt(size)
        return F.softmax(scores.masked_fill(future, -math.inf) if causal else scores, -1) @ v

    run = fused if name.startswith('sdpa') else single
    return gradients(run, [q, k, v], seed) if backward else unrecorded(run)


def lstm(steps, batch, inputs, hidden, backward=False):
    model = filled(nn.LSTM(inputs, hidden))
    x, seed = operand(steps, batch, inputs, grad=backward), operand(steps, batch, hidden)
    run = lambda: model(x)[0]
    return gradients(run, [*model.parameters(), x], seed) if backward else unrecorded(run)


def adam(name, count):
    p = operand(count, grad=True)
    p.grad = operand(count)
    optimizer = torch.optim.AdamW([p], lr=1e-3, weight_decay=0.01, fused=name == 'adamfu', foreach=name == 'adamfe')

    def run():
        optimizer.step()
        return p
    return run


class Attention(nn.Module):
    def __init__(self, size, heads, fused):
        super().__init__()
        self.heads, self.fused = heads, fused
        self.c_attn = nn.Linear(size, 3 * size, bias=False)
        self.c_proj = nn.Linear(size, size, bias=False)

    def forward(self, x):
        b, t, c = x.shape
        q, k, v = (y.view(b, t, self.heads, c // self.heads).transpose(1, 2) for y in self.c_attn(x).split(c, 2))
        if self.fused:
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        else:
            future = torch.ones(t, t, dtype=torch.bool).triu(1)
            y = F.softmax((q @ k.transpose(-2, -1) / math.sqrt(c // self.heads)).masked_fill(future, -math.inf), -1) @ v
        return self.c_proj(y.transpose(1, 2).reshape(b, t, c))


class Block(nn.Module):
    def __init__(self, size, heads, fused):
        super().__init__()
        self.ln_1, self.attn = norm(size), Attention(size, heads, fused)
        self.ln_2, self.c_fc, self.c_proj = norm(size), nn.Linear(size, 4 * size, bias=False), nn.Linear(4 * size, size, bias=False)

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.c_proj(F.gelu(self.c_fc(self.ln_2(x))))


def norm(size):
    layer = nn.LayerNorm(size)
    layer.bias = None
    return layer


class Gpt(nn.Module):
    def __init__(self, vocabulary, block, layers, heads, size, fused):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(vocabulary, size), nn.Embedding(block, size)
        self.h = nn.ModuleList([Block(size, heads, fused) for _ in range(layers)])
        self.ln_f = norm(size)
        self.register_buffer('places', torch.arange(block))

    def forward(self, x, targets):
        x = self.wte(x) + self.wpe(self.places[:x.shape[1]])
        for block in self.h:
            x = block(x)
        return F.cross_entropy(F.linear(self.ln_f(x), self.wte.weight).flatten(0, 1), targets.flatten())


def gpt(name, sizes):
    """gpt_step|fb|fwd_sdpa|man_fused|foreach: attention fused or of single operations; the optimiser fused or by lists of tensors."""
    _, what, attend, update = name.split('_')
    batch, block, layers, heads, size = sizes or (12, 64, 4, 4, 128)
    model = filled(Gpt(65, block, layers, heads, size, attend == 'sdpa'))
    optimizer = adamw(model, update, lr=1e-3, betas=(0.9, 0.99), weight_decay=0.1)
    x, targets = ids((batch, block), 65), ids((batch, block), 65)
    if what == 'fwd':
        return unrecorded(lambda: model(x, targets))
    return step(optimizer, lambda: model(x, targets), clip=1.0 if what == 'step' else None, take=what == 'step')


def adamw(model, update, **options):
    return torch.optim.AdamW(model.parameters(), fused=update == 'fused', foreach=update == 'foreach', **options)


def step(optimizer, loss, clip=None, take=True):
    parameters = optimizer.param_groups[0]['params']

    def run():
        value = loss()
        optimizer.zero_grad(set_to_none=True)
        value.backward()
        if clip:
            nn.utils.clip_grad_norm_(parameters, clip)
        if take:
            optimizer.step()
        return [value.detach()] + [p.grad for p in parameters]
    return run


class SqueezeExcitation(nn.Module):
    def __init__(self, channels, inner):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(channels, inner), nn.Linear(inner, channels)

    def forward(self, x):
        return x * torch.sigmoid(self.fc2(F.relu(self.fc1(x.mean((2, 3))))))[:, :, None, None]


class SqueezeCnn(nn.Module):
    """SqueezeCnn.cs."""
    def __init__(self):
        super().__init__()
        sizes = [3, 32, 64, 128]
        self.conv = nn.ModuleList([nn.Conv2d(i, o, 3, padding=1, bias=False) for i, o in zip(sizes, sizes[1:])])
        self.bn = nn.ModuleList([nn.BatchNorm2d(o) for o in sizes[1:]])
        self.se = nn.ModuleList([SqueezeExcitation(o, o // 4) for o in sizes[1:]])
        self.fc = nn.Linear(128, 10)

    def forward(self, x):
        for conv, bn, se in zip(self.conv, self.bn, self.se):
            x = F.max_pool2d(se(F.relu(bn(conv(x)))), 2)
        return self.fc(x.mean((2, 3)))


def cnn(batch):
    model = filled(SqueezeCnn())
    optimizer = adamw(model, 'fused', lr=1e-3, weight_decay=0.01)
    x, targets = operand(batch, 3, 32, 32), ids((batch,), 10)
    return step(optimizer, lambda: F.cross_entropy(model(x), targets))


def tiny_add(grad):
    x, y = operand(16, grad=grad), operand(16)

    def run():
        for _ in range(100):
            z = x + y
        return z.detach()
    return run


def tiny_add_backward():
    x, y = operand(16, grad=True), operand(16)

    def run():
        z = x
        for _ in range(100):
            z = z + y
        x.grad = None
        z.sum().backward()
        return x.grad
    return run


def tiny_mlp():
    weights = [operand(16, 16, grad=True) for _ in range(10)]
    x = operand(1, 16)

    def run():
        h = x
        for w in weights:
            h = torch.tanh(h @ w)
            w.grad = None
        h.sum().backward()
        return [w.grad for w in weights]
    return run


def tiny_scalar():
    x, c = torch.tensor(0.5, requires_grad=True), torch.tensor(0.9)

    def run():
        z = x
        for _ in range(50):
            z = z * c + x
        x.grad = None
        z.backward()
        return x.grad
    return run


def prepare(words):
    global operands
    operands = 0
    name, sizes = words[0], [int(word) for word in words[1:] if word.isdigit()]
    torch.set_float32_matmul_precision('high' if name == 'tf32' else 'highest')     # high: TF32
    if name.startswith('gpt_'):
        return gpt(name, sizes)
    if name.startswith(('sdpa', 'mha')):
        return attention(name, *sizes)
    if name.startswith('adam'):
        return adam(name, *sizes)
    tests = {
        'sgemm': lambda: product(words, torch.float32), 'tf32': lambda: product(words, torch.float32),
        'dgemm': lambda: product(words, torch.float64),
        'softmax': lambda: softmax(*sizes), 'softmaxbwd': lambda: softmax_backward(*sizes),
        'layernorm': lambda: layer_norm(*sizes), 'layernormbwd': lambda: layer_norm_backward(*sizes),
        'gelu': lambda: gelu(*sizes), 'gelutanh': lambda: gelu(*sizes, approximate='tanh'), 'gelubwd': lambda: gelu_backward(*sizes),
        'exp': lambda: into(torch.exp, *sizes), 'tanh': lambda: into(torch.tanh, *sizes), 'sigmoid': lambda: into(torch.sigmoid, *sizes),
        'copy': lambda: copy(*sizes), 'sum': lambda: total(*sizes), 'add': lambda: add(*sizes),
        'lstm': lambda: lstm(*sizes), 'lstmfb': lambda: lstm(*sizes, backward=True), 'cnn_step': lambda: cnn(*sizes),
        'tiny_add': lambda: tiny_add(True), 'tiny_addng': lambda: tiny_add(False), 'tiny_addbwd': tiny_add_backward,
        'tiny_mlp': tiny_mlp, 'tiny_scalar': tiny_scalar,
    }
    return tests[name]() if name in tests else None


serve(f'PyTorch {torch.__version__}', prepare, lambda x: x.detach().double().flatten(),
      torch.cuda.synchronize if DEVICE != 'cpu' else lambda: None)
