"""Local training of many contributors at once: plain SGD on a perceptron, as Sources/Learning trains it."""

import torch
from torch.nn import functional


class Perceptron:
    """Affine layers with rectifiers between them, over flat weights: of each layer the weights
    (outputs x inputs), then the biases. Many copies with weights of their own run side by side."""

    def __init__(self, widths):
        self.layers = []
        start = 0
        for inputs, outputs in zip(widths, widths[1:]):
            middle = start + outputs * inputs
            self.layers.append((slice(start, middle), slice(middle, middle + outputs), (outputs, inputs)))
            start = middle + outputs
        self.parameters = start

    def affine(self, weights):
        """Views of each layer's weights (copies x outputs x inputs) and biases (copies x 1 x outputs)."""
        return [
            (weights[:, matrix].unflatten(1, shape), weights[:, bias].unsqueeze(1))
            for matrix, bias, shape in self.layers
        ]

    def activations(self, layers, inputs):
        """The inputs, what each hidden layer puts out, and the logits."""
        outputs = [inputs]
        for index, (matrix, bias) in enumerate(layers):
            affine = torch.bmm(outputs[-1], matrix.transpose(1, 2)).add_(bias)
            outputs.append(affine if index == len(layers) - 1 else affine.relu_())
        return outputs

    def step(self, weights, inputs, labels, shares, learning_rate):
        """One step of every copy along its own batch, in place.

        Shapes: weights copies x parameters, inputs copies x rows x features, labels and shares copies x rows.
        `shares` says what each example counts for: 1 / the batch's size, and 0 for padding.
        """
        layers = self.affine(weights)
        outputs = self.activations(layers, inputs)
        # The derivative of softmax cross-entropy by the logits: probabilities less the one-hot labels.
        delta = torch.softmax(outputs.pop(), dim=2)
        delta.scatter_add_(2, labels.unsqueeze(2), torch.full_like(delta[:, :, :1], -1))
        delta *= shares.unsqueeze(2)
        for index in range(len(layers) - 1, -1, -1):
            matrix, bias = layers[index]
            below = outputs[index]
            lower = torch.bmm(delta, matrix).mul_(below > 0) if index > 0 else None
            matrix.baddbmm_(delta.transpose(1, 2), below, alpha=-learning_rate)
            bias.sub_(delta.sum(1, keepdim=True), alpha=learning_rate)
            delta = lower

    def evaluate(self, weights, features, labels):
        """The accuracy and the mean cross-entropy, in nats, of flat weights over examples."""
        logits = self.activations(self.affine(weights.unsqueeze(0)), features.unsqueeze(0))[-1][0]
        accuracy = (logits.argmax(1) == labels).double().mean().item()
        return accuracy, functional.cross_entropy(logits, labels).item()


def train(network, weights, features, labels, shards, training, generator):
    """What every shard's training adds to the weights: shards x parameters.

    - features, labels: the examples that the shards index.
    - shards: a tensor of indices for each contributor.
    - training: has `epochs`, `batch_size` and `learning_rate`.
    """
    orders = [batches(shard, training, generator) for shard in shards]
    # Longest first, so that those that still train at a step are the first rows.
    ranks = sorted(range(len(shards)), key=lambda index: -len(orders[index][0]))
    models = weights.repeat(len(shards), 1)
    steps = len(orders[ranks[0]][0])
    for step in range(steps):
        active = [orders[index] for index in ranks if len(orders[index][0]) > step]
        rows = torch.stack([order[step] for order, _ in active])
        shares = torch.stack([share[step] for _, share in active])
        network.step(models[: len(active)], features[rows], labels[rows], shares, training.learning_rate)
    return models.sub_(weights)[torch.tensor(ranks).argsort()]


def batches(shard, training, generator):
    """Rows of examples and what each example counts for, a row a step, over all epochs. Batches that are not
    full repeat an example that counts for nothing."""
    size = training.batch_size
    padding = -len(shard) % size
    shares = torch.full((len(shard) + padding,), 1 / size)
    if padding:
        last = size - padding
        shares[-size:] = 1 / last
        shares[-padding:] = 0
    orders = [
        shard[torch.randperm(len(shard), generator=generator)]
        for _ in range(training.epochs)
    ]
    orders = [functional.pad(order, (0, padding), value=int(shard[0])) for order in orders]
    return torch.cat(orders).view(-1, size), shares.view(-1, size).repeat(training.epochs, 1)
